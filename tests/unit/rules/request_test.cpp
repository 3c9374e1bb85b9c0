// The request sink: a number each, one per request, in bounds, until somebody says that it is done.
#include <catch2/catch.hpp>

#include "rules/model/row_codec.hpp"
#include "rules/process/format.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

struct Sink : Desk {
  using Desk::Desk;
  Answer ask(const std::string& user, Wall starts, bool resolved = false) {
    AlertBatch batch;
    batch.bytes = pack({{"alertname", "Password"}, {"user", user}},
                       {{"description", "it was stolen"}, {"summary", "a new password"}});
    IncomingAlert in;
    in.text_size = static_cast<std::uint32_t>(batch.bytes.size());
    in.starts_at = starts, in.resolved = resolved, in.event_class = EventClass::request;
    batch.alerts.push_back(in);
    const Wall received = state.globals().wall(now);
    const Prepared p = prepare(batch, in, *settings, state.globals().secret, 0, received);
    return give(ReceiveAlert{&p, 0, received});
  }
  Wall at(Span ago = {}) const { return Wall{now.ms - ago.ms}; }
  RequestRow request(std::uint32_t n) const {
    return state.requests().at(state.request_slot(RequestNumber(n)));
  }
};

const Actor desk{"ann", 1u << index(Role::service_desk)};

}  // namespace

TEST_CASE("a request has its number, and sent again the same one") {
  Sink d;
  const Wall start = d.at(seconds(1));
  const Answer first = d.ask("u1", start);
  CHECK(first.request == RequestNumber(1));
  CHECK(first.disposition == Disposition::service_request);
  CHECK(d.state.globals().format == format_with_people);
  CHECK(d.ask("u1", start).request == RequestNumber(1));
  CHECK(d.ask("u2", start).request == RequestNumber(2));
  CHECK(d.ask("u1", d.at()).request == RequestNumber(3));
  CHECK(d.state.requests().size() == 3);
  const RequestWords w = d.request(1).words();
  CHECK(w.title == "a new password");
  CHECK(w.text == "it was stolen");
  CHECK(w.reporter == "u1");
  // What is over is not withdrawn: it is for a person to say.
  CHECK_FALSE(d.ask("u1", start, true).request);
  CHECK(d.request(1).state == RequestState::open);
  CHECK(d.state.alerts().size() == 0);
  CHECK(d.state.incidents().size() == 0);
}

TEST_CASE("one with a start stays the same when it is done, one without is another") {
  Sink d;
  const Wall start = d.at();
  d.ask("u1", start);
  d.ask("u2", {});
  CHECK(d.ask("u2", {}).request == RequestNumber(2));
  for (const std::uint32_t n : {1u, 2u})
    CHECK(d.give(FinishRequest{RequestNumber(n), desk, "sent"}).code == Answer::Code::done);
  CHECK(d.ask("u1", start).request == RequestNumber(1));
  CHECK(d.ask("u2", {}).request == RequestNumber(3));
}

TEST_CASE("a request keeps its number while its sender repeats it, however old its start becomes") {
  Sink d;
  const Wall start = d.at();
  CHECK(d.ask("u1", start).request == RequestNumber(1));
  d.pass(hours(30));
  CHECK(d.ask("u1", start).request == RequestNumber(1));
  d.give(FinishRequest{RequestNumber(1), desk, "sent"});
  CHECK(d.ask("u1", start).request == RequestNumber(1));
  const Wall ahead{d.now.ms + hours(1).ms};
  CHECK(d.ask("u1", ahead).request == RequestNumber(2));
  d.pass(hours(1));
  CHECK(d.ask("u1", ahead).request == RequestNumber(2));
}

TEST_CASE("a person takes it, another one may, and done is done") {
  Sink d;
  d.ask("u1", {});
  const RequestNumber n(1);
  const Actor bob{"bob", 1u << index(Role::engineer)};
  const Actor requester{"u1", 1u << index(Role::requester)};
  CHECK(d.give(TakeRequest{n, requester}).code == Answer::Code::forbidden);
  CHECK(d.give(TakeRequest{RequestNumber(7), desk}).code == Answer::Code::not_found);
  CHECK(d.give(TakeRequest{n, desk}).code == Answer::Code::done);
  CHECK(d.give(TakeRequest{n, desk}).code == Answer::Code::already);
  CHECK(d.give(TakeRequest{n, bob}).code == Answer::Code::done);
  CHECK(d.request(1).words().taken_by == "bob");
  CHECK(d.give(FinishRequest{n, desk, std::string(1025, 'x')}).code == Answer::Code::invalid);
  CHECK(d.give(FinishRequest{n, desk, "sent"}).code == Answer::Code::done);
  CHECK(d.give(FinishRequest{n, bob, "sent"}).code == Answer::Code::already);
  CHECK(d.give(TakeRequest{n, bob}).code == Answer::Code::illegal_transition);
  d.pass(milliseconds(d.settings->keep_requests.ms - 1));
  CHECK(d.state.requests().size() == 1);
  d.pass(milliseconds(1));
  CHECK(d.state.requests().size() == 0);
  d.ask("u1", {});
  CHECK(d.state.request_slot(RequestNumber(2)) != no_slot);
}

TEST_CASE("a flood of requests ends at the bound: the done ones make room, the others are shed") {
  auto settings = small_settings();
  settings->requests_max = 3;
  Sink d(settings);
  for (int i = 0; i < 3; ++i) d.ask("u" + std::to_string(i), {});
  const Answer full = d.ask("u9", {});
  CHECK(full.code == Answer::Code::shed);
  CHECK(full.disposition == Disposition::shed);
  CHECK_FALSE(full.request);
  CHECK(d.ask("u1", {}).request == RequestNumber(2));  // a repeat needs no room
  d.give(FinishRequest{RequestNumber(2), desk, ""});
  CHECK(d.ask("u9", {}).request == RequestNumber(4));
  CHECK(d.state.requests().size() == 3);
  CHECK(d.state.request_slot(RequestNumber(2)) == no_slot);
}

TEST_CASE("a request that is an incident, and an incident that is a request, name each other") {
  Sink d;
  d.ask("u1\nwith a second line", {});
  const Answer incident = d.give(ConvertRequest{RequestNumber(1), desk});
  CHECK(incident.incident == IncidentNumber(1));
  CHECK(incident.request == RequestNumber(1));
  CHECK(d.request(1).state == RequestState::done);
  CHECK(d.request(1).incident == IncidentNumber(1));
  CHECK(d.incident(1).words().watchers == "u1 with a second line");
  CHECK(d.incident(1).words().summary == "REQ0000001: a new password\nit was stolen");
  CHECK(d.give(ConvertRequest{RequestNumber(1), desk}).code == Answer::Code::already);
  const Actor requester{"u1", 1u << index(Role::requester)};
  CHECK(d.give(ConvertIncident{IncidentNumber(1), requester, ""}).code == Answer::Code::forbidden);
  CHECK(d.give(ConvertIncident{IncidentNumber(9), desk, ""}).code == Answer::Code::not_found);
  const Answer back = d.give(ConvertIncident{IncidentNumber(1), desk, "a wish after all"});
  CHECK(back.code == Answer::Code::done);
  CHECK(back.request == RequestNumber(2));
  const IncidentRow row = d.incident(1);
  CHECK(row.state == IncidentState::resolved);
  CHECK(row.code == ClosureCode::converted_to_request);
  CHECK(row.request == RequestNumber(2));
  CHECK(row.words().resolution_note == "REQ0000002: a wish after all");
  CHECK(d.request(2).words().reporter == "u1 with a second line");
  CHECK(d.request(2).incident == IncidentNumber(1));
  CHECK(d.request(2).state == RequestState::open);
  CHECK(d.give(ConvertIncident{IncidentNumber(1), desk, ""}).code == Answer::Code::already);
  // A row of it is what it was.
  IncidentRow read;
  REQUIRE(RowCodec::decode(RowCodec::encode(row), read));
  CHECK(read.request == RequestNumber(2));
  free_blob(read.blob);
}

TEST_CASE("what fires is no wish, and what is urgent is for a manager to say") {
  Sink d;
  d.alert("Down", "db", "critical", d.at());
  const IncidentNumber n(1);
  const Actor manager{"eve", 1u << index(Role::incident_manager)};
  REQUIRE(d.incident(1).priority <= Priority::P2);
  CHECK(d.give(ConvertIncident{n, desk, ""}).code == Answer::Code::forbidden);
  CHECK(d.give(ConvertIncident{n, manager, ""}).code == Answer::Code::illegal_transition);
  d.alert("Down", "db", "critical", d.at(), true);
  CHECK(d.give(ConvertIncident{n, manager, std::string(4097, 'x')}).code == Answer::Code::invalid);
  CHECK(d.give(ConvertIncident{n, manager, ""}).code == Answer::Code::done);
  CHECK(d.request(1).words().title == d.incident(1).words().title);
  // The code alone would say nothing of the request.
  d.alert("Down", "web", "critical", d.at());
  d.alert("Down", "web", "critical", d.at(), true);
  d.give(AcknowledgeIncident{IncidentNumber(2), manager, "api"});
  CHECK(d.give(ResolveIncident{IncidentNumber(2), manager, ClosureCode::converted_to_request,
                               CauseCode::unknown, "it is a wish and no incident"})
            .code == Answer::Code::invalid);
}

TEST_CASE("requests are rows of the checkpoint") {
  Sink d;
  d.ask("u1", d.at());
  d.ask("u2", {});
  d.give(TakeRequest{RequestNumber(1), desk});
  d.give(FinishRequest{RequestNumber(1), desk, "sent"});
  State loaded;
  std::uint32_t slot = no_slot;
  const auto put = [&](char table, std::uint64_t id, const std::string& row) {
    REQUIRE(RowCodec::load(loaded, id ? row_key(table, id) : std::string(1, table), row, slot));
  };
  for (const std::uint32_t n : {2u, 1u}) put(request_prefix, n, RowCodec::encode(d.request(n)));
  put(globals_prefix, 0, RowCodec::encode(d.state.globals()));
  put(totals_prefix, 0, RowCodec::encode(d.state.totals()));
  put(config_prefix, 0, d.state.config_text());
  RowCodec::loaded(loaded);
  CHECK(loaded.canonical() == d.state.canonical());
  CHECK(loaded.request_of(d.request(1).key, d.request(1).starts_at) == RequestNumber(1));
  CHECK(loaded.done_requests().contains(RequestNumber(1)));
  CHECK(loaded.dirty_rows() == 0);
}

TEST_CASE("numbers of requests are written and read like those of incidents") {
  CHECK(to_text(RequestNumber(1)) == "REQ0000001");
  CHECK(to_text(RequestNumber(12345678)) == "REQ12345678");
  CHECK(parse_request("REQ0000012") == RequestNumber(12));
  CHECK(parse_request("req12") == RequestNumber(12));
  CHECK(parse_request("12") == RequestNumber(12));
  for (const char* wrong : {"", "REQ", "INC0000012", "REQ1x", "99999999999"})
    CHECK_FALSE(parse_request(wrong));
}
