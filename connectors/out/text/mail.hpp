#pragma once
// A page as a mail (RFC 5322). All attempts of a page carry one Message-ID; all messages of one
// cycle of an incident refer to the same thread and share a subject. Nothing foreign can begin
// another header or another part. Pure.

#include <string>
#include <string_view>

#include "rules/model/page.hpp"

namespace tocsin {

// What stands behind the @; "localhost" when there is none.
std::string mail_host(std::string_view address);

// Plain text only, 8 bit, as it is kept in files. Lines end in CR LF.
std::string plain_mail(const SendOrder& order, const std::string& from, const std::string& to);
// Plain text and the same as HTML: no script, no image, light or dark as the reader has it.
// Quoted-printable, so that any server passes it on as it is.
std::string full_mail(const SendOrder& order, const std::string& from, const std::string& to);

}  // namespace tocsin
