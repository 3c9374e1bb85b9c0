#pragma once
// What every client verb does with an answer: print it, or say on stderr what went wrong.

#include <string>

#include "daemon/cli/client.hpp"

namespace tocsin::cli {

void print(const std::string& text);
void complain(const std::string& text);  // "tocsin: ..." on stderr
// Says what is wrong with an answer that is not good, and returns the exit code.
int failed(const Client& client, const ClientAnswer& answer, bool json);

}  // namespace tocsin::cli
