// SPDX-License-Identifier: Apache-2.0
#include "services/client_environment.h"

#include <cstdio>
#include <gtest/gtest.h>
#include <memory>

#include "base/json.h"

namespace sagebrush::services {
namespace {

const ClientSettings kSettings{.server_address = "http://127.0.0.1:7070",
                               .region = "us-west-2",
                               .access_key = "ASIA",
                               .secret_key = "secret",
                               .session_token = "token",
                               .ca_bundle = "/data/client/ca-bundle.pem"};

Environment Apply(Environment environment, const std::vector<EnvironmentChange>& changes) {
  for (const auto& [name, value] : changes) {
    if (value) {
      environment[name] = *value;
    } else {
      environment.erase(name);
    }
  }
  return environment;
}

Environment Enter(const Environment& environment, const ClientSettings& settings = kSettings) {
  return Apply(environment, EnterEnvironment(settings, environment));
}
Environment Leave(const Environment& environment) {
  return Apply(environment, LeaveEnvironment(environment));
}

std::string OursFor(const http::ProxySettings& settings,
                    const std::string& server = "127.0.0.1:7070") {
  return "http://" + http::UserInfoFor(settings) + "@" + server;
}

TEST(ClientEnvironment, LeadsEveryClientToTheServer) {
  const Environment inside = Enter({{"PATH", "/bin"}});

  EXPECT_EQ(inside.at("AWS_ENDPOINT_URL"), "http://127.0.0.1:7070");
  EXPECT_EQ(inside.at("AWS_DEFAULT_REGION"), "us-west-2");
  EXPECT_EQ(inside.at("AWS_REGION"), "us-west-2");
  EXPECT_EQ(inside.at("AWS_ACCESS_KEY_ID"), "ASIA");
  EXPECT_EQ(inside.at("AWS_SECRET_ACCESS_KEY"), "secret");
  EXPECT_EQ(inside.at("AWS_SESSION_TOKEN"), "token");
  for (const char* name : {"AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE",
                           "NODE_EXTRA_CA_CERTS"})
    EXPECT_EQ(inside.at(name), "/data/client/ca-bundle.pem") << name;
  EXPECT_EQ(inside.at("HTTPS_PROXY"), "http://127.0.0.1:7070");
  EXPECT_EQ(inside.at("https_proxy"), "http://127.0.0.1:7070");
  EXPECT_FALSE(inside.contains("HTTP_PROXY"));
  EXPECT_FALSE(inside.contains("http_proxy"));
  EXPECT_EQ(inside.at("NO_PROXY"), "localhost,127.0.0.1");
  EXPECT_EQ(inside.at("no_proxy"), "localhost,127.0.0.1");
  EXPECT_EQ(inside.at("PATH"), "/bin");
}

TEST(ClientEnvironment, GivesBackExactlyWhatTheUserHad) {
  const Environment user{{"PATH", "/bin"},
                         {"AWS_PROFILE", "work"},
                         {"AWS_ENDPOINT_URL_S3", "http://minio"},
                         {"AWS_REGION", ""},
                         {"HTTPS_PROXY", "http://corp:3128"},
                         {"HTTP_PROXY", "http://corp:3128"},
                         {"no_proxy", "intranet"},
                         {"AWS_CA_BUNDLE", "/corp.pem"},
                         {"AWS_SECRET_ACCESS_KEY", "it's"}};

  const Environment inside = Enter(user);

  EXPECT_FALSE(inside.contains("AWS_PROFILE"));
  EXPECT_FALSE(inside.contains("AWS_ENDPOINT_URL_S3"));
  EXPECT_EQ(inside.at("SAGEBRUSH_SAVED_AWS_PROFILE"), "work");
  EXPECT_EQ(inside.at("HTTPS_PROXY"), OursFor({"http://corp:3128", "intranet"}));
  EXPECT_EQ(inside.at("https_proxy"), inside.at("HTTPS_PROXY"));
  EXPECT_EQ(inside.at("HTTP_PROXY"), "http://corp:3128");
  EXPECT_EQ(inside.at("NO_PROXY"), "intranet,localhost,127.0.0.1");
  EXPECT_EQ(Leave(inside), user);
  EXPECT_TRUE(LeaveEnvironment(user).empty());
}

TEST(ClientEnvironment, StartsFromTheUsersWhenEnteredTwice) {
  const Environment user{{"HTTPS_PROXY", "http://corp:3128"}, {"NO_PROXY", "a"}};
  ClientSettings other = kSettings;
  other.server_address = "http://127.0.0.1:8080";

  const Environment once = Enter(user);
  const Environment twice = Enter(once, other);

  EXPECT_EQ(twice, Enter(user, other));
  EXPECT_EQ(twice.at("HTTPS_PROXY"), OursFor({"http://corp:3128", "a"}, "127.0.0.1:8080"));
  EXPECT_TRUE(EnterEnvironment(kSettings, once).empty());
  EXPECT_EQ(Leave(twice), user);
}

TEST(ClientEnvironment, IsNeverItsOwnProxy) {
  const Environment inside = Enter({{"https_proxy", "http://127.0.0.1:7070/"}});

  EXPECT_EQ(inside.at("HTTPS_PROXY"), "http://127.0.0.1:7070");
}

TEST(ClientEnvironment, HandsOnOnlyAProxyThatCanBeAsked) {
  EXPECT_EQ(Enter({{"all_proxy", "socks5://corp:1080"}}).at("HTTPS_PROXY"),
            "http://127.0.0.1:7070");
  EXPECT_EQ(Enter({{"ALL_PROXY", "http://corp:1"}}).at("HTTPS_PROXY"),
            OursFor({"http://corp:1", ""}));
  EXPECT_EQ(Enter({{"https_proxy", "http://a:1"}, {"HTTPS_PROXY", "http://b:1"}}).at("HTTPS_PROXY"),
            OursFor({"http://a:1", ""}));
}

TEST(ClientEnvironment, KeepsAwsHostsOutOfNoProxy) {
  EXPECT_EQ(MergeNoProxy("", "127.0.0.1"), "localhost,127.0.0.1");
  EXPECT_EQ(MergeNoProxy(" a , .corp.example,,a,localhost", "10.0.0.1"),
            "a,.corp.example,localhost,127.0.0.1,10.0.0.1");
  EXPECT_EQ(MergeNoProxy("*,.amazonaws.com,s3.us-west-2.amazonaws.com,.com,169.254.169.254", ""),
            "169.254.169.254,localhost,127.0.0.1");
  EXPECT_EQ(
      MergeNoProxy("S3.AmazonAWS.com,amazonaws.com:443,.com:443,amazonaws.com.,sts.cn-north-1."
                   "amazonaws.com.cn,amazonaws.com.example",
                   ""),
      "amazonaws.com.example,localhost,127.0.0.1");
}

TEST(ClientEnvironment, QuotesWhatAShellWouldRun) {
  EXPECT_EQ(QuoteForShell("a'b$(c)`d`\\"), R"('a'\''b$(c)`d`\')");
  EXPECT_EQ(
      FormatChanges({{"A", "x y"}, {"B", std::nullopt}, {"not a name", "z"}}, ShellFormat::kSh),
      "export A='x y'\nunset B\n");
  EXPECT_EQ(FormatChanges({{"A", "it's"}, {"B", std::nullopt}}, ShellFormat::kFish),
            "set -gx A 'it\\'s'\nset -e B\n");
  const auto json =
      Json::Parse(FormatChanges({{"A", "x"}, {"B", std::nullopt}}, ShellFormat::kJson)).value();
  EXPECT_EQ(json.GetString("A"), "x");
  EXPECT_TRUE(json.Find("B")->is_null());
  EXPECT_FALSE(ParseShellFormat("tcsh").ok());
}

TEST(ClientEnvironment, ComesOutOfARealShellUnchanged) {
  const std::string odd = "it's \"odd\" $HOME `x` \\ \n line";
  const std::string script = FormatChanges({{"ODD", odd}}, ShellFormat::kSh) + "printf %s \"$ODD\"";
  std::unique_ptr<FILE, int (*)(FILE*)> shell(
      ::popen(("sh -c " + QuoteForShell(script)).c_str(), "r"), ::pclose);
  ASSERT_NE(shell, nullptr);

  std::string out(200, '\0');
  out.resize(std::fread(out.data(), 1, out.size(), shell.get()));

  EXPECT_EQ(out, odd);
}

TEST(ClientEnvironment, AddsItsCaOnceBehindTheUsers) {
  const std::string users = "-----BEGIN-----\nuser\n-----END-----";
  const std::string ours = "-----BEGIN-----\nours\n-----END-----\n";

  const std::string merged = MergeBundles(users, ours);

  EXPECT_EQ(merged, users + "\n" + ours);
  EXPECT_EQ(MergeBundles(merged, ours), merged);
  EXPECT_EQ(MergeBundles("", ours), ours);
}

TEST(ClientEnvironment, NeverTakesItsOwnBundleForTheUsers) {
  const auto candidates = UserBundleCandidates(
      {{"AWS_CA_BUNDLE", "/data/client/ca-bundle.pem"}, {"SSL_CERT_FILE", "/mine.pem"}},
      "/data/client/ca-bundle.pem");

  ASSERT_GE(candidates.size(), 2u);
  EXPECT_EQ(candidates[0], "/mine.pem");
  EXPECT_EQ(candidates[1], "/etc/ssl/certs/ca-certificates.crt");
}

}  // namespace
}  // namespace sagebrush::services
