// SPDX-License-Identifier: Apache-2.0
// What the tests of this folder share: a store in a fresh folder, and short forms of the calls they make most.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "objectstore/blob_store.h"
#include "objectstore/object_store.h"
#include "testing/fake_clock.h"

namespace sagebrush::objectstore {

inline std::string Pattern(std::size_t size, unsigned seed = 1) {
  std::string data(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    data[i] = static_cast<char>((i * 31 + std::size_t{seed} * 17 + i / 251) & 0xFF);
  return data;
}

inline Result<ObjectInfo> PutBytes(ObjectStore& store, std::string_view bucket,
                                   std::string_view key, std::string_view data,
                                   const ObjectMetadata& metadata = {},
                                   const Conditions& conditions = {}) {
  ASSIGN_OR_RETURN(auto upload, store.NewUpload());
  RETURN_IF_ERROR(upload->Append(data));
  return store.Put(bucket, key, std::move(upload), metadata, {}, conditions);
}

inline Result<std::string> ReadAll(ObjectReader& reader) {
  std::string data(static_cast<std::size_t>(reader.info().size), '\0');
  ASSIGN_OR_RETURN(const std::size_t count, reader.Read(0, data.data(), data.size()));
  data.resize(count);
  return data;
}

inline Result<std::string> GetBytes(ObjectStore& store, std::string_view bucket,
                                    std::string_view key) {
  ASSIGN_OR_RETURN(const auto reader, store.Get(bucket, key));
  return ReadAll(*reader);
}

inline std::vector<std::string> KeysOf(const ListPage& page) {
  std::vector<std::string> keys;
  for (const auto& object : page.objects) keys.push_back(object.key);
  return keys;
}

// All regular files under a folder, relative to it.
inline std::vector<std::string> FilesUnder(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files.push_back(std::filesystem::relative(entry.path(), folder).string());
  return files;
}

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() : folder_(TempFolder::Create().value()) {
    Reopen();
    EXPECT_TRUE(store_->CreateBucket({"b", "123456789012", "us-west-2", clock_.Now()}).ok());
  }
  void Reopen() {
    store_.reset();
    auto store = ObjectStore::Open(folder_.path(), clock_);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    store_ = std::move(store).value();
  }
  std::vector<std::string> BlobFiles() const { return FilesUnder(folder_.path() / "blobs"); }

  testing::FakeClock clock_;
  TempFolder folder_;
  std::unique_ptr<ObjectStore> store_;
};

}  // namespace sagebrush::objectstore
