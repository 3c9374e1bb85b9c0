// What a program makes of a document, in this process: only programs that behave.

#include <catch2/catch.hpp>

#include "daemon/helper/jq_program.hpp"

using namespace tocsin;
using namespace tocsin::helper;

namespace {

JqProgram::Output run(const std::string& program, const std::string& document,
                      const MapLimits& limits = {}) {
  std::vector<ProgramFault> faults;
  const auto compiled = JqProgram::compile(program, faults);
  REQUIRE(compiled);
  return compiled->run(document, limits);
}

std::vector<ProgramFault> faults_of(const std::string& program) {
  std::vector<ProgramFault> faults;
  CHECK(JqProgram::compile(program, faults) == nullptr);
  return faults;
}

}  // namespace

TEST_CASE("outputs are one array, and arrays among them are their items") {
  CHECK(run(".", R"({"a":1})").text == R"([{"a":1}])");
  CHECK(run(".[]", "[1,2]").text == "[1,2]");
  CHECK(run("., [3,[4]]", "[1,2]").text == "[1,2,3,[4]]");
  CHECK(run("empty", "{}").text == "[]");
  CHECK(run(".a", R"({"a":"\u0000\"\\"})").text == R"(["\u0000\"\\"])");
}

TEST_CASE("a program is used again and again, after errors too") {
  std::vector<ProgramFault> faults;
  const auto program =
      JqProgram::compile("if .bad then error(\"no: \\(.bad)\") else .x end", faults);
  REQUIRE(program);
  for (int i = 0; i < 3; ++i) {
    CHECK(program->run(R"({"x":7})", {}).text == "[7]");
    const auto output = program->run(R"({"bad":"so"})", {});
    CHECK_FALSE(output.ok);
    CHECK(output.text == "no: so");
  }
}

TEST_CASE("what goes wrong is said") {
  CHECK(run(".a", "[]").text == R"(Cannot index array with string "a")");
  CHECK(run("error({a:1})", "{}").text == R"({"a":1})");
  CHECK(run("halt_error", "{}").text == "it halted");
  CHECK_FALSE(run("halt_error", "{}").ok);
  CHECK_FALSE(run(".", "{").ok);
  CHECK(run("error(\"x\" * 5000)", "{}").text.size() == 400);
}

TEST_CASE("there is no other input") {
  for (const char* program : {"input", "input_line_number | error"})
    CHECK_FALSE(run(program, "{}").ok);
  CHECK(run("[inputs]", "{}").text == "[]");
  CHECK(run("input_filename", "{}").text == "[null]");
}

TEST_CASE("outputs are limited in number and size") {
  CHECK(run("range(3)", "{}", {3, 100}).ok);
  CHECK_FALSE(run("range(4)", "{}", {3, 100}).ok);
  CHECK_FALSE(run("[range(4)]", "{}", {3, 100}).ok);
  CHECK_FALSE(run("\"x\" * 100", "{}", {3, 100}).ok);
  std::vector<ProgramFault> faults;
  const auto endless = JqProgram::compile("repeat(1)", faults);
  CHECK(endless->run("{}", {}).text.find("1000 alerts") != std::string::npos);
  CHECK_FALSE(endless->run("{}", {}).ok);
}

TEST_CASE("whole numbers that a double cannot hold become text") {
  const std::string kept = R"({"a":9007199254740992,"b":-9007199254740992,"c":1e300,"d":0.5})";
  CHECK(with_big_integers_quoted(kept) == kept);
  CHECK(with_big_integers_quoted("[9007199254740993,-18446744073709551615]") ==
        R"(["9007199254740993","-18446744073709551615"])");
  const std::string text = R"({"a \" 9007199254740993":"\\","b":"9007199254740993"})";
  CHECK(with_big_integers_quoted(text) == text);
  CHECK(with_big_integers_quoted("18446744073709551615") == "\"18446744073709551615\"");
  CHECK(with_big_integers_quoted("\"9007199254740993") == "\"9007199254740993");
  CHECK(with_big_integers_quoted("").empty());
  CHECK(run(".id", R"({"id":9007199254740993})").text == R"(["9007199254740993"])");
}

TEST_CASE("faults have line and column") {
  const auto undefined = faults_of("# a comment\n.a\n  | foo(1)\n");
  REQUIRE(undefined.size() == 1);
  CHECK(undefined[0].line == 3);
  CHECK(undefined[0].column == 5);
  CHECK(undefined[0].message == "foo/1 is not defined");
  const auto syntax = faults_of(".a | {b: %}");
  REQUIRE(syntax.size() == 1);
  CHECK(syntax[0].line == 1);
  CHECK(syntax[0].column == 10);
  CHECK(syntax[0].message == "syntax error, unexpected '%'");
  CHECK(faults_of("{a: $x}").at(0).column == 5);
  CHECK(faults_of("import \"x\" as x; 1").at(0).message == "module not found: x");
  CHECK(faults_of(std::string(".\0.", 3)).at(0).message == "it holds a zero byte");
  CHECK(faults_of("if . then").size() == 2);
}
