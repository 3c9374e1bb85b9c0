#include <algorithm>

#include "rules/folding.hpp"
#include "rules/kpi/count.hpp"

namespace tocsin {

template <class How>
void Fold::request(RequestNumber n, How&& how) {
  const std::uint32_t slot = s.request_slot(n);
  if (slot == no_slot) return void(ok = false);
  RequestRow& row = s.requests_.change(slot);
  RequestWords words = row.words();
  how(row, words);
  const Blob* old = row.blob;
  row.blob = make_request_blob(words);
  s.release(old);
  s.arm_request(slot);
}

void Fold::on(const RequestOpened& f) {
  if (s.request_slot(f.request) != no_slot) return void(ok = false);
  RequestRow row;
  RequestWords words;
  words.title = f.title, words.text = f.text, words.ci = f.ci;
  words.reporter = f.reporter, words.by = f.by;
  row.blob = make_request_blob(words);
  row.number = f.request, row.key = f.alert, row.starts_at = f.starts_at;
  row.opened_at = at, row.source = f.source;
  s.insert_request(row);
  g().next_request = RequestNumber(f.request.value + 1);
  s.totals_.add(Metric::requests_opened);
  const bool reported = !f.by.empty() && !row.was_incident();
  if (reported) remember({f.alert, at, {}, f.request, std::string(f.by)});
}

void Fold::on(const RequestTaken& f) {
  request(f.request, [&](RequestRow& row, RequestWords& words) {
    row.state = RequestState::handed_over, row.taken_at = at;
    words.taken_by = f.by;
  });
}

void Fold::on(const RequestDone& f) {
  request(f.request, [&](RequestRow& row, RequestWords& words) {
    row.state = RequestState::done, row.done_at = at, row.forget_due = f.forget_due;
    words.done_by = f.by, words.note = f.note;
    s.done_requests_.insert(row.number);
  });
}

void Fold::on(const RequestForgotten& f) {
  const std::uint32_t slot = s.request_slot(f.request);
  if (slot == no_slot) return void(ok = false);
  s.erase_request(slot);
}

void Fold::on(const RequestConverted& f) {
  request(f.request, [&](RequestRow& row, RequestWords& words) {
    row.state = RequestState::done, row.done_at = at, row.forget_due = f.forget_due;
    row.incident = f.number, words.done_by = f.by;
    s.done_requests_.insert(row.number);
  });
}

void Fold::on(const IncidentConverted& f) {
  change(f.incident, [&](IncidentRow& i) { i.request = f.request; });
  request(f.request, [&](RequestRow& row, RequestWords&) { row.incident = f.incident; });
}

// Those that are remembered no longer go with the next one that comes.
void Fold::remember(RecentReport report) {
  std::erase_if(g().reports,
                [&](const RecentReport& r) { return r.at + RecentReport::remembered <= at; });
  if (g().reports.size() >= RecentReport::max) g().reports.erase(g().reports.begin());
  g().reports.push_back(std::move(report));
}

void Fold::on(const IncidentReported& f) {
  count(s.totals_, f);
  if (f.key != Fingerprint{}) remember({f.key, at, f.incident, {}, std::string(f.by)});
  change(f.incident, [&](IncidentRow& i) {
    ++i.reports, ++i.events;
    IncidentWords w = i.words();
    const auto known = unpack_watchers(w.watchers);
    if (known.size() >= watchers_max) return;
    if (std::find(known.begin(), known.end(), f.reporter) != known.end()) return;
    std::string watchers(w.watchers);
    watchers.append(known.empty() ? "" : "\n").append(f.reporter);
    w.watchers = watchers;
    reword(i, w);
  });
}

void Fold::on(const RecoveryLeftToPeople& f) {
  change(f.incident, [&](IncidentRow& i) {
    i.verify_due = i.prompt_due = never;
    i.prompted = !f.owner.empty();
    i.escalate_due = f.escalate_due;
  });
}

}  // namespace tocsin
