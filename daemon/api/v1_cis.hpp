#pragma once
// GET /v1/cis: the CIs of the files, those that were imported, and those that alerts name and
// nobody listed. PUT /v1/cis: another imported inventory instead of the one before, as JSON or as a
// table.

#include "daemon/api/importer.hpp"
#include "daemon/api/reading.hpp"

namespace tocsin::api {

// `importer` may be null: nothing can be imported then.
void add_v1_cis(Router& router, Reading& reading, Importer* importer);

}  // namespace tocsin::api
