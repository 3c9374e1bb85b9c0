#include "daemon/cli/manual.hpp"
#include "daemon/cli/reference.hpp"

namespace tocsin::cli {
namespace {

// One line as roff prints it: hyphens that can be copied, no line that reads as a request.
std::string escaped(std::string_view line) {
  std::string out;
  if (line.starts_with('.') || line.starts_with('\'')) out += "\\&";
  for (const char c : line) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

template <class Each>
void each_line(std::string_view text, const Each& each) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    each(line);
  }
}

std::string paragraphs(std::string_view text) {
  std::string out;
  each_line(text, [&](std::string_view line) {
    out += line.empty() ? ".PP" : escaped(line), out += '\n';
  });
  return out;
}

std::string as_typed(std::string_view text) {
  std::string out = ".PP\n.nf\n";
  each_line(text, [&](std::string_view line) { out += escaped(line) + "\n"; });
  return out + ".fi\n";
}

std::string option(const ReferenceOption& o) {
  std::string out = ".TP\n";
  for (std::size_t i = 0; i < o.names.size(); ++i)
    out += (i ? ", \\fB" : "\\fB") + escaped(o.names[i]) + "\\fR";
  if (!o.type.empty()) out += " \\fI" + escaped(o.type) + "\\fR";
  out += "\n" + escaped(o.description);
  for (std::size_t i = 0; i < o.choices.size(); ++i)
    out += (i ? ", " : ": ") + escaped(o.choices[i]);
  if (!o.value.empty()) out += " [" + escaped(o.value) + "]";
  return out + "\n";
}

void verbs(const ReferenceCommand& command, std::string& out) {
  for (const ReferenceCommand& verb : command.verbs) {
    const Manual& page = manual(verb.name);
    if (verb.verbs.empty()) {
      out += ".SS \"" + escaped(verb.name) + "\"\n" + escaped(page.one_line) + "\n";
      out += as_typed(page.synopsis);
      if (!page.description.empty()) out += ".PP\n" + paragraphs(page.description);
      for (const ReferenceOption& o : verb.options) out += option(o);
      if (!page.examples.empty()) out += ".PP\nFor example:\n" + as_typed(page.examples);
    }
    verbs(verb, out);
  }
}

}  // namespace

std::string reference_man(const ReferenceCommand& root, std::string_view version) {
  const Manual& page = manual(root.name);
  std::string out = ".TH TOCSIN 1 \"\" \"tocsin " + escaped(version) + "\" \"User Commands\"\n";
  out += ".SH NAME\ntocsin \\- " + escaped(page.one_line) + "\n";
  out += ".SH SYNOPSIS\n" + escaped(page.synopsis) + "\n";
  out += ".SH DESCRIPTION\n" + paragraphs(page.description) + ".SH OPTIONS\n";
  for (const ReferenceOption& o : root.options) out += option(o);
  out += ".SH VERBS\n";
  verbs(root, out);
  out += ".SH ENVIRONMENT\nOf the verbs that talk to a daemon:\n";
  out += as_typed(manual_client_environment) + ".PP\nOf the daemon:\n";
  out += as_typed(manual_serve_environment) + ".SH EXIT STATUS\n" + as_typed(manual_exit_status);
  out += ".SH FILES\n.TP\n\\fI/etc/tocsin/tocsin.yaml\\fR\nthe configuration\n";
  out += ".TP\n\\fI/var/lib/tocsin\\fR\nthe store\n.SH EXAMPLES\n" + as_typed(page.examples);
  return out + ".SH SEE ALSO\n.BR tocsin.yaml (5)\n";
}

}  // namespace tocsin::cli
