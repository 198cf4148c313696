// SPDX-License-Identifier: Apache-2.0
// The walk over the model folder. Links are not followed (the archive's unpacker made the tree, its
// depth is bounded here).
#include "serving/model_folder.h"

#include <algorithm>
#include <optional>
#include <system_error>
#include <tuple>

#include "base/strings.h"

namespace sagebrush::serving {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 8;
constexpr std::size_t kMaxListed = 12;

struct Walk {
  std::vector<FoundModel> versions;
  std::vector<fs::path> unversioned;  // folders with saved_model.pb and a name that is no version
};

std::optional<std::int64_t> VersionOf(const fs::path& folder) {
  const std::string name = folder.filename().string();
  if (name.empty() || !std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  return ParseInt(name);
}

bool HoldsSavedModel(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / "saved_model.pb", error) ||
         fs::is_regular_file(folder / "saved_model.pbtxt", error);
}

void Visit(const fs::path& folder, int depth, Walk* walk) {
  if (HoldsSavedModel(folder)) {
    if (const auto version = VersionOf(folder); version && depth > 0) {
      walk->versions.push_back({folder.parent_path().filename().string(), *version, folder});
    } else {
      walk->unversioned.push_back(folder);
    }
    return;
  }
  if (depth == kMaxDepth) return;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code not_there;
    if (entry->is_directory(not_there) && !entry->is_symlink(not_there))
      Visit(entry->path(), depth + 1, walk);
  }
}

// What a script that saved in one of Keras's own formats should do instead; "" if it did not.
std::string KerasAdvice(const fs::path& root) {
  std::error_code error;
  for (fs::recursive_directory_iterator entry(root, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string kind = entry->path().extension().string();
    const bool is_keras = kind == ".keras" || kind == ".h5" || kind == ".hdf5";
    std::error_code not_there;
    if (!is_keras || !entry->is_regular_file(not_there)) continue;
    return entry->path().lexically_relative(root).string() +
           " is in Keras's own format, which TensorFlow Serving does not load: save a SavedModel, "
           "in Keras 3 by model.export(model_dir + '/1'), in Keras 2 by model.save(model_dir + "
           "'/1'); ";
  }
  return "";
}

std::string Listing(const fs::path& root) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(root, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code not_there;
    names.push_back(entry->path().lexically_relative(root).string() +
                    (entry->is_directory(not_there) ? "/" : ""));
    if (names.size() > 1000) break;
  }
  if (names.empty()) return "it is empty";
  std::ranges::sort(names);
  const std::size_t more = names.size() > kMaxListed ? names.size() - kMaxListed : 0;
  names.resize(names.size() - more);
  return "it holds " + Join(names, ", ") + (more > 0 ? " and more" : "");
}

}  // namespace

Result<std::vector<FoundModel>> FindModels(const fs::path& root_as_given) {
  const fs::path root =
      (root_as_given / "").parent_path();  // no slash at the end: its own name may be the model's
  std::error_code error;
  if (!fs::is_directory(root, error)) return NotFound("there is no model folder " + root.string());
  Walk walk;
  Visit(root, 0, &walk);
  if (walk.versions.empty()) {
    std::string text = "no SavedModel in " + root.string() +
                       ": looked for a numeric version folder with saved_model.pb in it "
                       "(<version>/, <name>/<version>/ or export/Servo/<version>/); ";
    if (!walk.unversioned.empty()) {
      return NotFound(text + "found saved_model.pb in " + walk.unversioned.front().string() +
                      ", which is not a version folder: save the model to model_dir + '/1'");
    }
    return NotFound(text + KerasAdvice(root) + Listing(root));
  }

  std::ranges::sort(walk.versions, [](const FoundModel& a, const FoundModel& b) {
    return std::tie(a.name, a.version, a.folder) < std::tie(b.name, b.version, b.folder);
  });
  for (std::size_t i = 1; i < walk.versions.size(); ++i) {
    const FoundModel& before = walk.versions[i - 1];
    const FoundModel& found = walk.versions[i];
    if (before.name != found.name) continue;
    if (before.folder.parent_path() != found.folder.parent_path()) {
      return InvalidArgument("two models are called " + found.name + ": " +
                             before.folder.parent_path().string() + " and " +
                             found.folder.parent_path().string());
    }
    if (before.version == found.version) {  // "1" and "01"
      return InvalidArgument("two folders are version " + std::to_string(found.version) + " of " +
                             found.name + ": " + before.folder.string() + " and " +
                             found.folder.string());
    }
  }
  return std::move(walk.versions);
}

}  // namespace sagebrush::serving
