#include <functional>

#include "daemon/cli/manual.hpp"
#include "daemon/cli/reference.hpp"

namespace tocsin::cli {
namespace {

using Visit = std::function<void(const ReferenceCommand&)>;

void each_command(const ReferenceCommand& command, const Visit& visit) {
  visit(command);
  for (const ReferenceCommand& verb : command.verbs) each_command(verb, visit);
}

std::string last_word(const std::string& name) {
  return name.substr(name.rfind(' ') + 1);
}

// 'text' for a shell; sh, zsh and fish agree on this much when no quote is inside.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("’") : std::string(1, c);
  return out + "'";
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

bool names_a_path(const ReferenceOption& o) {
  return o.type == "FILE" || o.type == "DIR";
}

std::vector<std::string> words_of(const ReferenceCommand& command) {
  std::vector<std::string> out;
  for (const ReferenceCommand& verb : command.verbs) out.push_back(last_word(verb.name));
  for (const ReferenceOption& o : command.options)
    if (!o.positional) out.insert(out.end(), o.names.begin(), o.names.end());
  return out;
}

// bash and zsh: the cases of `"$at $before"` where the value of an option is wanted.
std::string value_cases(const ReferenceCommand& root, const std::string& files,
                        const std::function<std::string(const std::string&)>& offer) {
  std::string out;
  each_command(root, [&](const ReferenceCommand& command) {
    for (const ReferenceOption& o : command.options) {
      if (o.positional || o.type.empty()) continue;
      const std::string what =
          names_a_path(o) ? files : (o.choices.empty() ? "" : offer(joined(o.choices)) + "; ");
      for (const std::string& name : o.names)
        out += "    '" + command.name + " " + name + "') " + what + "return ;;\n";
    }
  });
  return out;
}

std::string step_cases(const ReferenceCommand& root) {
  std::string out;
  each_command(root, [&](const ReferenceCommand& command) {
    if (&command != &root) out += (out.empty() ? "'" : " | '") + command.name + "'";
  });
  return out;
}

std::string word_cases(const ReferenceCommand& root,
                       const std::function<std::string(const std::string&)>& offer) {
  std::string out;
  each_command(root, [&](const ReferenceCommand& command) {
    out += "    '" + command.name + "') " + offer(joined(words_of(command))) + " ;;\n";
  });
  return out;
}

}  // namespace

std::string reference_bash(const ReferenceCommand& root) {
  const auto offer = [](const std::string& words) {
    return "COMPREPLY=($(compgen -W '" + words + "' -- \"$now\"))";
  };
  return "# bash completion of tocsin\n_tocsin() {\n"
         "  local now=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "  local at=tocsin word\n  COMPREPLY=()\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    case \"$at $word\" in\n     "
         " " +
         step_cases(root) + ") at=\"$at $word\" ;;\n    esac\n  done\n  case \"$at $before\" in\n" +
         value_cases(root, "compopt -o default; ", offer) + "  esac\n  case \"$at\" in\n" +
         word_cases(root, offer) + "  esac\n}\ncomplete -F _tocsin tocsin\n";
}

std::string reference_zsh(const ReferenceCommand& root) {
  const auto offer = [](const std::string& words) { return "compadd -- " + words; };
  return "#compdef tocsin\n_tocsin() {\n  local before=${words[CURRENT-1]} at=tocsin word\n"
         "  for word in ${words[2,CURRENT-1]}; do\n    case \"$at $word\" in\n      " +
         step_cases(root) + ") at=\"$at $word\" ;;\n    esac\n  done\n  case \"$at $before\" in\n" +
         value_cases(root, "_files; ", offer) + "  esac\n  case \"$at\" in\n" +
         word_cases(root, offer) + "  esac\n}\n_tocsin \"$@\"\n";
}

std::string reference_fish(const ReferenceCommand& root) {
  std::string out = "# fish completion of tocsin\ncomplete -c tocsin -f\n";
  const std::function<void(const ReferenceCommand&, const std::string&)> add =
      [&](const ReferenceCommand& command, const std::string& seen) {
        std::vector<std::string> verbs;
        for (const ReferenceCommand& verb : command.verbs) verbs.push_back(last_word(verb.name));
        const std::string none = "not __fish_seen_subcommand_from " + joined(verbs);
        for (const ReferenceCommand& verb : command.verbs)
          out += "complete -c tocsin -n " + quoted((seen.empty() ? "" : seen + "; and ") + none) +
                 " -a " + last_word(verb.name) + " -d " + quoted(manual(verb.name).one_line) + "\n";
        for (const ReferenceOption& o : command.options) {
          if (o.positional) continue;
          out += "complete -c tocsin";
          if (!seen.empty()) out += " -n " + quoted(seen);
          for (const std::string& name : o.names)
            out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
          if (!o.type.empty()) out += names_a_path(o) ? " -r -F" : " -x";
          if (!o.choices.empty()) out += " -a " + quoted(joined(o.choices));
          out += " -d " + quoted(o.description) + "\n";
        }
        for (const ReferenceCommand& verb : command.verbs)
          add(verb, (seen.empty() ? "" : seen + "; and ") + "__fish_seen_subcommand_from " +
                        last_word(verb.name));
      };
  add(root, "");
  return out;
}

}  // namespace tocsin::cli
