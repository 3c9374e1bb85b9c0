#include "config/compiler.hpp"

namespace tocsin::config {

void Compiler::read(const Node& built_in, const Node& users) {
  top_ = users.mark;
  Reader roots[] = {{built_in, "the built-in policy", report_},
                    {users, "the configuration", report_}};
  if (!roots[1].ok()) return;
  for (Reader& root : roots) {
    defaults_ = &root == &roots[0];
    root.find("include");  // done while loading
    http(root);
    syslog_listeners(root);
    heartbeat(root);
    tokens(root);
    integrations(root);
    channels(root);
    people(root);
    groups(root);
    roles(root);
    catch_all(root);
    severities(root);
    categories(root);
    category_defaults(root);
    calendars(root);
    critical_periods(root);
    cis(root);
    pools(root);
    maintenance(root);
    inhibit(root);
    heartbeats(root);
    known_errors(root);
    phrases(root);
    rules(root, "rules", own_rules);
    rules(root, "default_rules", default_rules);
    syslog_rules(root, "syslog_rules", own_syslog_rules);
    syslog_rules(root, "default_syslog_rules", default_syslog_rules);
    priority(root);
    times(root);
    agreements(root);
  }
  compile_agreements();
  for (Reader& root : roots) {  // percentages are of the users' response times
    escalation(root);
    root.finish();
  }
}

}  // namespace tocsin::config
