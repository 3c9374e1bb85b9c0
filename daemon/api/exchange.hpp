#pragma once
// One request on its way to one answer, as a handler sees it. Moved along; whoever holds it last
// answers. Answering is allowed from any thread.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/api/auth.hpp"
#include "daemon/api/query.hpp"
#include "daemon/net/http.hpp"

namespace tocsin::api {

struct Exchange {
  HttpRequest request;
  Reply reply;
  std::vector<std::string> args;  // what stood for the {} of the pattern, decoded
  Query query;
  Principal who;
};

// A field of a JSON error and what is wrong with it.
using ErrorFields = std::vector<std::pair<std::string, std::string>>;

HttpResponse text_response(int status, std::string_view text);
HttpResponse json_response(int status, std::string body);
// {"error":{"code","message","fields"}}: all of our own paths.
HttpResponse own_error(int status, std::string_view code, std::string_view message,
                       const ErrorFields& fields = {});
// "message": what Alertmanager's handlers answer.
HttpResponse am_error(int status, std::string_view message);
// {"code":CODE,"message":"..."}: what the framework in front of Alertmanager's handlers answers.
HttpResponse am_framework_error(int status, int code, std::string_view message);
// 503, come again in a moment; spread over 1 to 5 s, so that the crowd does not return as one.
HttpResponse busy(std::string_view why);

}  // namespace tocsin::api
