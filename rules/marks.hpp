#pragma once
// What is found out about an incident besides its category: who may read it (BND-12, CAT-6), that
// data was exposed (PRI-3, 7), which known error it is (PRI-5). Decides by adding facts.

#include "rules/classify/classify.hpp"
#include "rules/model/facts.hpp"
#include "rules/model/known_error.hpp"

namespace tocsin {

// Its sender says so: label or annotation `confirmed` is `true`.
bool confirms_exposure(const Prepared& alert, const Verdict& verdict);

// It has just opened about `alert`.
void mark_new(const Deciding& d, IncidentNumber incident, const Prepared& alert,
              const Verdict& verdict);

// The alert fires in it, too. True: its priority may be another one for that.
bool mark_joined(const Deciding& d, IncidentNumber incident, const Prepared& alert,
                 const Verdict& verdict);

}  // namespace tocsin
