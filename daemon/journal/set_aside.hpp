#pragma once
// Keeps what recovery would destroy. Opening a database consumes its write-ahead logs, and only
// afterwards can be judged whether they held less than was acknowledged. So every log gets a second
// name before, which is dropped when all is well and moved to PATH/damaged when it is not.
// Owner: the RocksDB journal. One thread, only while opening.

#include <cstdint>
#include <string>
#include <vector>

namespace tocsin::store {

class SetAside {
 public:
  explicit SetAside(std::string store_path);

  // False: a second name could not be made, nothing may be withdrawn.
  bool hold();

  // Takes the write-ahead logs from the database; give_back() undoes that.
  void withdraw();
  void give_back();

  void drop();

  // Keeps the logs and also `more` files; returns where.
  std::string keep(std::uint64_t next_seq, const std::vector<std::string>& more);

 private:
  const std::string database_;
  const std::string held_;
  const std::string damaged_;
};

}  // namespace tocsin::store
