// Writes the tensor list of a family's plan: names under one prefix of the bundle and the matching
// one of the checkpoint.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "engine/models/family.h"

namespace cactus {

class TensorScope {
 public:
  TensorScope(TensorPlan& plan, std::string name, std::string source)
      : plan_(&plan), name_(std::move(name)), source_(std::move(source)) {}

  TensorScope in(const std::string& part) const {
    return {*plan_, name_ + part + ".", source_ + part + "."};
  }
  TensorScope in(const std::string& part, std::int64_t index) const {
    return in(part).in(std::to_string(index));
  }
  void add(const std::string& name, std::vector<std::int64_t> shape, Use use) const {
    plan_->tensors.push_back({name_ + name, source_ + name, std::move(shape), use});
  }
  void norm(const std::string& name, std::int64_t n) const {
    add(name + ".weight", {n}, Use::vector);
  }
  void ignore(const std::string& name) const { plan_->ignored.push_back(source_ + name); }

 private:
  TensorPlan* plan_;
  std::string name_;
  std::string source_;
};

// The first of `prefixes` under which the checkpoint has `tensor`, else `usual`.
std::string source_prefix(std::span<const std::string> source_names,
                          std::initializer_list<const char*> prefixes, const std::string& tensor,
                          const std::string& usual);

}  // namespace cactus
