#pragma once
// A text of megabytes that several hold and nobody changes.

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tocsin {

class HeldText {
 public:
  HeldText() : held_(std::make_shared<const std::string>()) {}
  HeldText(const char* text) : HeldText(std::string(text)) {}
  HeldText(std::string text) : held_(std::make_shared<const std::string>(std::move(text))) {}

  const std::shared_ptr<const std::string>& held() const { return held_; }
  operator const std::string&() const { return *held_; }
  operator std::string_view() const { return *held_; }
  std::size_t find(std::string_view part) const { return held_->find(part); }

  friend bool operator==(const HeldText& a, const HeldText& b) { return *a.held_ == *b.held_; }
  friend bool operator==(const HeldText& a, const std::string& b) { return *a.held_ == b; }
  template <class Out>
  friend Out& operator<<(Out& out, const HeldText& text) {
    return out << *text.held_;
  }

 private:
  std::shared_ptr<const std::string> held_;
};

}  // namespace tocsin
