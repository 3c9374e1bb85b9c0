#include "rules/oncall/pause.hpp"

#include "rules/model/planted.hpp"

namespace tocsin {

bool paging_paused(const Deciding& d) {
  return d.state.globals().paused && !planted("pause_ignored");
}

bool drill_while_paused(const Deciding& d, const PageRow& page) {
  return page.why == WhyPage::drill && d.state.globals().paused &&
         page.requested_at >= d.state.globals().paused_at;
}

void pause_for_restore(const Deciding& d, const PauseForRestore& c) {
  d.out.add(PagingPaused{WhyPaused::restored, c.history, c.backup_seq, c.backup_at, c.restored_at});
}

Answer resume_paging(const Deciding& d, const ResumePaging& c) {
  Answer a;
  if (!d.state.globals().paused) {
    a.code = Answer::Code::already, a.message = "paging is not paused";
  } else if (!c.by.may(Role::administrator) && !c.by.may(Role::incident_manager)) {
    a.code = Answer::Code::forbidden, a.message = c.by.person + " may not resume paging";
  } else {
    d.out.add(PauseEnded{c.by.person});
  }
  return a;
}

}  // namespace tocsin
