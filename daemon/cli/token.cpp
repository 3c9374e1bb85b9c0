#include <openssl/rand.h>

#include <array>

#include "config/text.hpp"
#include "daemon/api/json_out.hpp"
#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/output.hpp"
#include "daemon/cli/verbs.hpp"
#include "rules/model/enums.hpp"

namespace tocsin::cli {
namespace {

// 256 bits, in letters that need no quoting anywhere; the prefix lets secret scanners find it.
std::string random_secret() {
  static constexpr char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<unsigned char, 43> bytes{};  // six bits of each are used
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return "";
  std::string out = "tocsin_";
  for (const unsigned char b : bytes) out += digits[b & 63];
  return out;
}

bool known_roles(const std::vector<std::string>& roles) {
  bool good = true;
  for (const std::string& role : roles) {
    if (parse<Role>(role)) continue;
    std::string all;
    for (const std::string_view name : EnumTable<Role>::names)
      all += (all.empty() ? "" : ", ") + std::string(name);
    complain(std::string("'").append(role).append("' is no role; there are ").append(all));
    good = false;
  }
  return good;
}

}  // namespace

int new_token(const TokenOptions& options) {
  if (!known_roles(options.roles)) return exit_usage;
  const std::string secret = random_secret();
  if (secret.empty()) return complain("the system gave no random bytes"), exit_no;
  const std::string hash = "sha256:" + config::sha256_hex(secret);
  const std::string name = options.name.empty() ? options.person + "-cli" : options.name;
  std::string roles;
  for (const std::string& role : options.roles) roles += (roles.empty() ? "" : ", ") + role;
  if (options.json) {
    std::string out;
    api::JsonWriter json(out);
    json.open_object().field("token", secret).field("hash", hash).field("name", name);
    json.field("person", options.person).key("roles").open_array();
    for (const std::string& role : options.roles) json.value(role);
    json.close_array().close_object();
    return print(out + "\n"), exit_done;
  }
  print("token, shown this once (for $TOCSIN_TOKEN):\n  " + secret +
        "\n\nput this line into a file, e.g. tokens/" + name + ":\n  " + hash +
        "\n\nand this entry under tokens: in the configuration, then reload:\n  - {name: " + name +
        ", person: " + options.person + ", roles: [" + roles + "], token_file: tokens/" + name +
        "}\n");
  return exit_done;
}

}  // namespace tocsin::cli
