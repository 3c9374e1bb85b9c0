#pragma once
// A state, a company of two people, and a way to decide one command at one instant: what the tests
// of this folder start from.

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "rules/decide.hpp"
#include "rules/fold.hpp"
#include "rules/prepare.hpp"

namespace tocsin::testing {

inline std::shared_ptr<Settings> small_settings() {
  auto s = std::make_shared<Settings>();
  s->hash = s->text = "small";
  s->channels = {{"chat", "terminal", {}, 8, seconds(10)},
                 {"pager", "terminal", {}, 8, seconds(10)}};
  s->people = {{"ann", "", {"pager", "chat"}, {"chat"}, ""}, {"eve", "", {"pager"}, {}, ""}};
  s->groups = {{"blue", {"ann"}, "", "chat"}};
  s->default_group = "blue";
  s->catch_all_people = {"eve"};
  s->catch_all_channel = "chat";
  for (int p = 0; p < 5; ++p) {
    s->policies[p].must_page = p < 2;
    s->policies[p].steps = {{minutes(0), {{Target::Kind::primary, "", true}}},
                            {minutes(5), {{Target::Kind::primary, "", true}}}};
  }
  for (auto& h : s->hold_down) h = {};
  return s;
}

inline std::string pack(const std::vector<Pair>& labels,
                        const std::vector<Pair>& annotations = {}) {
  std::string out;
  pack_alert(out, labels, annotations, "");
  return out;
}

class Desk {
 public:
  explicit Desk(std::shared_ptr<Settings> s = small_settings()) : settings(std::move(s)) {
    give(TakeEpoch{Epoch(1), "test", "boot", 0, {1, 2}, {3, 4, 5, 6}});
    give(ApplyConfig{settings, "start"});
  }

  Answer give(const Command& command) {
    orders.clear();
    Facts out(state, fold_function(), frame_);
    decide(state, *settings, sightings, command, now, out);
    return finish(out);
  }
  // One alert about `ci`; an empty `ends` in the past resolves it.
  Answer alert(const std::string& name, const std::string& ci, const std::string& severity,
               Wall starts, bool resolved = false, const std::vector<Pair>& more = {}) {
    AlertBatch batch;
    std::vector<Pair> labels{{"alertname", name}, {"ci", ci}, {"severity", severity}};
    labels.insert(labels.end(), more.begin(), more.end());
    std::sort(labels.begin(), labels.end());
    batch.bytes = pack(labels);
    IncomingAlert in;
    in.text_size = static_cast<std::uint32_t>(batch.bytes.size());
    in.starts_at = starts, in.resolved = resolved;
    batch.alerts.push_back(in);
    const Wall received = state.globals().wall(now);
    const Prepared p = prepare(batch, in, *settings, state.globals().secret, 0, received);
    last = p.fingerprint;
    return give(ReceiveAlert{&p, 0, received});
  }
  // Everything that is due by now.
  void pass(Span time) {
    const Instant end = now + time;
    orders.clear();
    while (const auto due = state.next_deadline()) {
      if (due->due > end) break;
      now = later(now, due->due);
      Facts out(state, fold_function(), frame_);
      decide_due(state, *settings, sightings, *due, now, out);
      finish(out);
    }
    now = end;
  }
  // The one thing that is due next, now.
  void pass_one() {
    Facts out(state, fold_function(), frame_);
    decide_due(state, *settings, sightings, state.next_deadline().value(), now, out);
    finish(out);
  }
  IncidentRow incident(std::uint32_t n) const {
    return state.incidents().at(state.incident_slot(IncidentNumber(n)));
  }

  // All facts of one kind so far. Their texts live until the next decision.
  template <class F>
  std::vector<F> written() const {
    std::vector<F> out;
    for (std::size_t at = 0; at < frame_.size();) {
      std::uint16_t tag = 0;
      std::uint32_t size = 0;
      std::memcpy(&tag, frame_.data() + at, sizeof tag);
      std::memcpy(&size, frame_.data() + at + 4, sizeof size);
      if (F fact; tag == FactTag<F>::value &&
                  read_fact(std::string_view(frame_).substr(at + fact_header_bytes, size), fact))
        out.push_back(fact);
      at += fact_header_bytes + size;
    }
    return out;
  }

  std::shared_ptr<Settings> settings;
  State state;
  Sightings sightings;
  Instant now{1'000'000'000};
  Fingerprint last;
  std::vector<SendOrder> orders;  // of the last command, or of all that passed

 private:
  Answer finish(Facts& out) {
    for (const auto& s : out.seen) sightings.saw(s.slot, s.serial, s.until);
    if (out.aside) sightings.aside.note(*out.aside, now);
    for (const auto& s : out.signs) sightings.heard(s.slot, s.heartbeat, now);
    orders.insert(orders.end(), out.orders.begin(), out.orders.end());
    if (out.count()) frame_folded(state, ++seq_, now);
    return out.answer;
  }
  std::string frame_;
  std::uint64_t seq_ = 0;
};

}  // namespace tocsin::testing
