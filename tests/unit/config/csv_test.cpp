// An inventory as a table means what the list in YAML means; what is wrong is told where it is.

#include <algorithm>
#include <catch2/catch.hpp>

#include "config/csv.hpp"
#include "config/load.hpp"
#include "tests/unit/config/helper.hpp"

using namespace tocsin;
using namespace tocsin::test;

namespace {

const std::string main_file = R"(people: [{id: bob}]
groups: [{id: dba, members: [bob]}]
pools: [{id: pair, supports: [svc]}]
)";

Loaded load_with(Folder& folder, const std::string& table) {
  folder.write("cis.csv", table);
  return load_file(folder.write("tocsin.yaml", main_file + "include: [cis.csv]\n"));
}

std::string wrong(const std::string& table) {
  Folder folder;
  folder.write("cis.csv", table);
  const auto loaded =
      load_file(folder.write("tocsin.yaml", "people: [{id: bob}]\ninclude: [cis.csv]\n"));
  return without(lines(loaded.errors), folder.path());
}

}  // namespace

TEST_CASE("a table of CIs is the same configuration as the list") {
  Folder folder;
  const auto table =
      load_with(folder,
                "\xEF\xBB\xBFid,class,criticality,users,group,aliases,depends_on,pool,match\r\n"
                "svc, service ,mission_critical,300,,,,,\r\n"
                "\r\n"
                "db-1,database,,,dba,db-1.example.org; 10.0.0.1,sw;svc,pair,"
                "\"a=\"\"x,y\"\",b=~\"\"c;d\"\"\"\r\n"
                "\"sw\",network_switch,,,,,,,");
  CHECK(lines(table.errors) == "");
  const auto list = load_text(main_file + R"(cis:
  - {id: svc, class: service, criticality: mission_critical, users: 300}
  - {id: db-1, class: database, group: dba, aliases: [db-1.example.org, "10.0.0.1"],
     depends_on: [sw, svc], pool: pair, match: ['a="x,y"', 'b=~"c;d"']}
  - {id: sw, class: network_switch}
)",
                              "t.yaml");
  REQUIRE(table.settings);
  REQUIRE(list.settings);
  CHECK(table.settings->text == list.settings->text);
}

TEST_CASE("a table's mistakes are told at their line and column") {
  CHECK(wrong("") == "cis.csv:1:1: an inventory begins with the names of its columns\n");
  CHECK(wrong("id,clas,id\nx,y,z\n") ==
        "cis.csv:1:4: unknown column 'clas', did you mean 'class'?\n"
        "cis.csv:1:9: column 'id' stands twice\n");
  CHECK(wrong("id,class\nx,host\ny\nz,host,1\n") ==
        "cis.csv:3:1: this line has 1 cell, and there are 2 columns\n"
        "cis.csv:4:1: this line has 3 cells, and there are 2 columns\n");
  CHECK(wrong("id,class\nx,\"ho\nst\ny,host\n") == "cis.csv:2:3: this quote is never closed\n");
  CHECK(wrong("id,class\nx,ho\"st\"\n") ==
        "cis.csv:2:5: a cell with a quote in it stands in quotes as a whole\n");
  CHECK(wrong("id,class\n\"x\"y,host\n") ==
        "cis.csv:2:4: a cell is over at a comma or at the end of its line\n");
  CHECK(wrong("id,criticality,users\nx,high,1\ny,,many\n") ==
        "cis.csv:2:3: criticality is mission_critical, business_critical, important or low, not "
        "'high'\ncis.csv:3:4: users is a whole number from 0 to 4294967295, not 'many'\n");
  CHECK(wrong("id,depends_on\nx,y;sv\nsvc,\n") ==
        "cis.csv:2:3: unknown CI 'sv', did you mean 'svc'?\n"
        "cis.csv:2:3: unknown CI 'y', did you mean 'x'?\n");
}

TEST_CASE("a table is UTF-8") {
  CHECK(wrong("id,site\nx,M\xC3\xBCnchen\ny,\xE2\x82\xAC\nz,\xF0\x9F\x98\x80\n") == "");
  for (const char* bad : {"\xFC", "\xC0\x80", "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                          "\xF8\x88\x80\x80\x80", "\x80", "\xBF\xBF"})
    CHECK(wrong("id,site\nx,M" + std::string(bad) + "nchen\n") ==
          "cis.csv:2:4: this is not UTF-8: save the table in that encoding\n");
}

TEST_CASE("of a table that is none, twenty lines are told") {
  std::string table = "id,class\n";
  for (int i = 0; i < 1000; ++i) table += "x\n";
  const std::string told = wrong(table);
  CHECK(std::count(told.begin(), told.end(), '\n') == 20);
}

TEST_CASE("a table has a million values at most") {
  std::string table = "id,supports\nx,\"";
  for (int i = 0; i < 500'000; ++i) table += "x;";
  const std::string half = table + "\"\n";
  config::Report report;
  config::TreeMemory memory;
  CHECK_FALSE(config::parse_csv(half, "cis.csv", report, memory).broken);
  CHECK(config::parse_csv(half + half.substr(12), "cis.csv", report, memory).broken);
  REQUIRE(report.errors.size() == 1);
  CHECK(to_text(report.errors[0]) == "cis.csv:3:1: more than 1000000 values");
}
