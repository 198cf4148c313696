// SPDX-License-Identifier: Apache-2.0
// Where things are inside an instance. The defaults are SageMaker's container contract and our sandbox's layout; tests put
// them into a temporary folder. A plain value.
#pragma once

#include <filesystem>

namespace sagebrush::agent {

// Where a model server listens, as the server names it; an instance without a network of its own has another.
inline constexpr int kContractPort = 8080;

struct Paths {
  std::filesystem::path ml = "/opt/ml";
  std::filesystem::path control_socket = "/run/sagebrush/control.sock";
  std::filesystem::path api_socket = "/run/sagebrush/api.sock";
  std::filesystem::path ca_bundle = "/opt/sagebrush/ca-bundle.pem";
  std::filesystem::path runtime_programs = "/opt/sagebrush/runtime/bin";
  std::filesystem::path kit_programs = "/opt/sagebrush/kit/bin";
  std::filesystem::path tmp = "/tmp";
  int serving_port = kContractPort;

  // Whether this instance shares the machine's file system: no sandbox, no container.
  bool on_the_machine() const { return ml != "/opt/ml"; }
  std::filesystem::path code() const { return ml / "code"; }
  std::filesystem::path model() const { return ml / "model"; }
  std::filesystem::path config() const { return ml / "input" / "config"; }
  std::filesystem::path channel(std::string_view name) const {
    return ml / "input" / "data" / name;
  }
  // The user site of the program's Python (PYTHONUSERBASE): what requirements.txt and the program's own pip installed.
  std::filesystem::path packages() const { return ml / ".sagebrush" / "packages"; }
  std::filesystem::path output_data() const { return ml / "output" / "data"; }
  std::filesystem::path failure_file() const { return ml / "output" / "failure"; }
};

}  // namespace sagebrush::agent
