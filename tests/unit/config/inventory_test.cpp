// CIs that were imported: part of the configuration, in no file, and the files are whole without
// them.

#include "config/inventory.hpp"

#include <catch2/catch.hpp>

#include "rules/model/places.hpp"
#include "tests/unit/config/helper.hpp"

using namespace tocsin;
using namespace tocsin::test;

namespace {

const std::string main_file = R"(people: [{id: bob}]
groups: [{id: dba, members: [bob]}]
pools: [{id: pair, supports: [svc]}]
cis:
  - {id: svc, class: service, criticality: mission_critical}
  - {id: own, aliases: [mine], pool: pair}
)";
const std::string list = R"({"cis": [
  {"id": "db-1", "class": "database", "users": 7, "group": "dba", "pool": "pair",
   "aliases": ["db-1.example.org"], "supports": ["svc"], "depends_on": ["sw"],
   "match": ["a=\"b\""]},
  {"id": "sw"}]})";

std::shared_ptr<const Settings> settings_of(const Loaded& loaded) {
  CHECK(lines(loaded.errors) == "");
  REQUIRE(loaded.settings);
  return loaded.settings;
}

struct Imported {
  Folder folder;
  std::string path = folder.write("tocsin.yaml", main_file);
  std::shared_ptr<const Settings> files = settings_of(load_file(path));
  std::shared_ptr<const Settings> now = give(list);

  std::shared_ptr<const Settings> give(const std::string& body) const {
    return settings_of(import_cis(*files, body, InventoryForm::yaml));
  }
  std::string wrong(const std::string& body, InventoryForm form = InventoryForm::yaml) const {
    const Loaded loaded = import_cis(*now, body, form);
    CHECK_FALSE(loaded.settings);
    return without(lines(loaded.errors), folder.path());
  }
  // A reload of these files.
  Loaded reload(const std::string& text) {
    return load_file_with(folder.write("tocsin.yaml", text), imported_section(now->text));
  }
  std::string reload_errors(const std::string& text) {
    return without(lines(reload(text).errors), folder.path());
  }
};

}  // namespace

TEST_CASE("what was imported is part of the configuration, and of its text") {
  Imported i;
  REQUIRE(i.now->ci("db-1"));
  CHECK(i.now->ci("db-1")->imported);
  CHECK_FALSE(i.now->ci("svc")->imported);
  CHECK(i.now->hash != i.files->hash);
  CHECK(imported_section(i.files->text).empty());
  const auto stored = settings_of(load_stored(i.now->text));
  CHECK(stored->hash == i.now->hash);
  CHECK(stored->ci("db-1")->imported);
  CHECK(settings_of(i.reload(main_file))->text == i.now->text);
  CHECK(settings_of(i.reload("# the same\n" + main_file))->hash == i.now->hash);
  // A table says the same.
  const auto table = settings_of(
      import_cis(*i.now,
                 "id,class,users,group,pool,aliases,supports,depends_on,match\nsw,,,,,,,,\n"
                 "db-1,database,7,dba,pair,db-1.example.org,svc,sw,\"a=\"\"b\"\"\"\n",
                 InventoryForm::table));
  CHECK(table->text == i.now->text);
}

TEST_CASE("an import takes the place of the one before, and an empty one ends it") {
  Imported i;
  const auto other = settings_of(
      import_cis(*i.now, R"({"cis": [{"id": "sw", "site": "x"}]})", InventoryForm::yaml));
  CHECK_FALSE(other->ci("db-1"));
  CHECK(other->ci("sw")->site == "x");
  CHECK(settings_of(import_cis(*other, "cis: []", InventoryForm::yaml))->text == i.files->text);
  CHECK(settings_of(import_cis(*other, "id,class\n", InventoryForm::table))->text == i.files->text);
}

TEST_CASE("what an import changes is told by id and key") {
  Imported i;
  const auto next = settings_of(import_cis(
      *i.now, R"({"cis": [{"id": "db-1", "class": "database", "users": 8, "aliases": ["x"]},
                          {"id": "new"}]})",
      InventoryForm::yaml));
  const InventoryDiff diff = compare_imported(*i.now, *next);
  CHECK(diff.added == std::vector<std::string>{"new"});
  CHECK(diff.removed == std::vector<std::string>{"sw"});
  REQUIRE(diff.changed.size() == 1);
  CHECK(diff.changed[0].id == "db-1");
  CHECK(diff.changed[0].keys == std::vector<std::string>{"users", "group", "aliases", "supports",
                                                         "depends_on", "pool", "match"});
  CHECK(diff.unchanged == 0);
  CHECK(compare_imported(*i.now, *i.now).unchanged == 2);
}

TEST_CASE("an import with a mistake is told at its place in the body") {
  Imported i;
  CHECK(i.wrong("") == "import:1:1: an inventory is a map with cis, which may be empty: []\n");
  CHECK(i.wrong("[]") == "import:1:1: an inventory is a map with cis, which may be empty: []\n");
  CHECK(i.wrong("cis: 7") == "import:1:6: cis is a list of CIs, not a plain value\n");
  CHECK(i.wrong("people: []\ncis: []") == "import:1:1: an inventory has cis, and no 'people'\n");
  CHECK(i.wrong("imported_cis: []") == "import:1:1: an inventory has cis, and no 'imported_cis'\n");
  CHECK(i.wrong("cis: [{id: x, depends_on: [db-1]}]") == "import:1:28: unknown CI 'db-1'\n");
  CHECK(i.wrong("cis: [{id: x}, {id: x}]") ==
        "import:1:21: CI 'x' stands twice, first in import:1\n");
  CHECK(i.wrong("cis: [{id: x, group: dbb}]") ==
        "import:1:22: unknown group 'dbb', did you mean 'dba'?\n");
  CHECK(i.wrong("id,group\nx,dba\ny,dbb\n", InventoryForm::table) ==
        "import:3:3: unknown group 'dbb', did you mean 'dba'?\n");
  CHECK(i.wrong("id\nx\nsvc\nMine\n", InventoryForm::table) ==
        "import:3:1: CI 'svc' stands twice, first in tocsin.yaml:5 (cis.svc)\n"
        "import:4:1: 'Mine' already means the CI of tocsin.yaml:6 (cis.own)\n");
}

TEST_CASE("files that do not fit what was imported are told where they stand") {
  Imported i;
  CHECK(i.reload_errors(main_file + "  - {id: db-1}\n  - {id: x, aliases: [SW]}\n") ==
        "tocsin.yaml:7:10: CI 'db-1' stands twice, first in imported inventory (db-1)\n"
        "tocsin.yaml:8:5: 'SW' already means the CI of imported inventory (sw)\n");
  std::string other = main_file;
  other.replace(other.find("dba"), 3, "dbb");
  CHECK(i.reload_errors(other) ==
        "imported inventory (db-1): unknown group 'dba', did you mean 'dbb'?\n");
}

TEST_CASE("files are whole without what was imported") {
  Imported i;
  CHECK(i.reload_errors(main_file + "  - {id: x, depends_on: [db-1]}\n") ==
        "tocsin.yaml:7:26: CI 'db-1' was imported, and files have to be whole without it: list it "
        "in one of them\n");
  std::string two = main_file;
  two.replace(two.find("pair,"), 5, "pair, min_members: 2,");
  CHECK(i.reload_errors(two) ==
        "tocsin.yaml:3:9: pool 'pair' needs 2 members and has 1: a CI says `pool: pair` to be "
        "one\n");
  CHECK(lines(load_text("imported_cis: [{id: x}]\n" + main_file, "t.yaml").errors) ==
        "t.yaml:1:15: imported_cis is kept by the API, `tocsin ci import`; in a file, it is cis\n");
}

TEST_CASE("people are told that a CI was imported, and where the others stand") {
  Imported i;
  CHECK(to_text(i.now->places->of("cis.sw")) == "imported inventory (cis.sw)");
  CHECK(without(to_text(i.now->places->of("cis.svc")), i.folder.path()) ==
        "tocsin.yaml:5 (cis.svc)");
  const auto none = settings_of(import_cis(*i.now, "cis: []", InventoryForm::yaml));
  CHECK(to_text(none->places->of("cis.sw")) == "default of Tocsin; cis.sw overrides it");
  const auto reloaded = settings_of(i.reload(main_file));
  CHECK(to_text(reloaded->places->of("cis.sw")) == "imported inventory (cis.sw)");
}
