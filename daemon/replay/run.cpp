#include "daemon/replay/run.hpp"

#include <algorithm>
#include <map>

#include "daemon/rehearsal/rehearsal.hpp"

namespace tocsin {
namespace {

constexpr std::uint32_t all_roles = ~0u;

class Run {
 public:
  Run(const Record& record, std::shared_ptr<const Settings> settings,
      std::atomic<std::uint64_t>& done)
      : record_(record),
        done_(done),
        reader_(record.events.size()),
        rehearsal_(without_people(std::move(settings)), options()) {
    for (const std::string& source : record.sources) heard_.push_back(knows(source));
  }

  Outcome run() {
    std::size_t silence = 0;
    const auto silences_until = [&](Instant at) {
      for (; silence < record_.silences.size() && record_.silences[silence].at <= at; ++silence)
        act(record_.silences[silence]);
    };
    for (std::uint32_t i = 0; i < record_.events.size(); ++i) {
      silences_until(record_.events[i].at);
      hear(i);
      done_.fetch_add(1, std::memory_order_relaxed);
    }
    silences_until(record_.end);
    rehearsal_.finish(record_.wall(record_.end));
    return reader_.finish(rehearsal_.settings()->hash, record_.sources);
  }

 private:
  RehearsalOptions options() {
    RehearsalOptions options;
    options.start = record_.wall(record_.begin);
    options.secret = record_.secret;
    options.keeps_stories = false;
    options.fact = [this](const FactView& fact) { reader_.fact(fact); };
    return options;
  }

  bool knows(const std::string& source) const {
    const auto& sources = rehearsal_.settings()->sources;
    return std::find(sources.begin(), sources.end(), source) != sources.end();
  }

  void hear(std::uint32_t i) {
    const RecordedEvent& event = record_.events[i];
    if (event.source < heard_.size() && !heard_[event.source]) return reader_.unheard(event.source);
    rehearsal_.advance(record_.wall(event.at));
    batch_.bytes.assign(event.text);
    batch_.alerts.assign(1, {});
    IncomingAlert& in = batch_.alerts.front();
    in.text_size = static_cast<std::uint32_t>(event.text.size());
    in.starts_at = event.starts_at, in.ends_at = event.ends_at;
    in.resolved = event.resolved, in.event_class = event.sent_as;
    const std::string_view source =
        event.source < record_.sources.size() ? record_.sources[event.source] : std::string_view();
    reader_.begin(i);
    const Heard heard = rehearsal_.receive(batch_, source).front();
    reader_.end(heard.alert, event.resolved,
                heard.disposition ? static_cast<std::uint8_t>(*heard.disposition) : no_disposition,
                heard.incident);
  }

  void act(const RecordedSilence& act) {
    rehearsal_.advance(record_.wall(act.at));
    const Actor by{act.by, all_roles};
    const auto known = uuids_.find(act.silence);
    const Fingerprint uuid = known == uuids_.end() ? Fingerprint{} : known->second;
    if (act.what == RecordedSilence::What::ended) {
      if (uuid == Fingerprint{}) return;
      act.window ? rehearsal_.give(EndWindow{by, uuid}) : rehearsal_.give(ExpireSilence{by, uuid});
      return;
    }
    if (act.window) return add_window(act, by);
    SetSilence set;
    set.by = by, set.matchers = act.matchers;
    if (act.what == RecordedSilence::What::changed) set.uuid = uuid;
    set.created_by = act.created_by, set.comment = act.comment;
    set.starts_at = act.starts_at, set.ends_at = act.ends_at;
    const Answer answer = rehearsal_.give(set);
    if (answer.code == Answer::Code::done) uuids_[act.silence] = parse_uuid(answer.id);
  }

  // One that another configuration refuses, say for a CI that it does not have, is not there.
  void add_window(const RecordedSilence& act, const Actor& by) {
    AddWindow add;
    add.by = by, add.matchers = act.matchers;
    for (std::string_view rest = act.cis; !rest.empty();) {
      const std::string_view one = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
      add.cis.emplace_back(one);
    }
    add.owner = act.created_by, add.reason = act.comment, add.change = act.change;
    add.starts_at = act.starts_at, add.ends_at = act.ends_at;
    const Answer answer = rehearsal_.give(add);
    if (answer.code == Answer::Code::done) uuids_[act.silence] = parse_uuid(answer.id);
  }

  const Record& record_;
  std::atomic<std::uint64_t>& done_;
  OutcomeReader reader_;  // before the rehearsal, whose facts it reads
  Rehearsal rehearsal_;
  std::vector<bool> heard_;  // by source
  std::map<SilenceId, Fingerprint> uuids_;
  AlertBatch batch_;
};

}  // namespace

Outcome run_record(const Record& record, std::shared_ptr<const Settings> settings,
                   std::atomic<std::uint64_t>& done) {
  return Run(record, std::move(settings), done).run();
}

}  // namespace tocsin
