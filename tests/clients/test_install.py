# SPDX-License-Identifier: Apache-2.0
"""`sagebrush env --install`: clients with nothing but the installed profile, and a user's files that come back as they were."""

import datetime
import hashlib
import json
import os
import subprocess
import textwrap

import pytest
from harness import BIN, CLIENT_PYTHON, python_of


class Home:
    """A user's home folder, and a shell without any variable of ours."""

    def __init__(self, server):
        self.server, self.path = server, server.folder / "home"
        self.path.mkdir()

    def sagebrush(self, *words, **environment):
        done = subprocess.run([str(BIN / "sagebrush"), "env", "--data-dir", str(self.server.data), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                              env={"PATH": os.environ["PATH"], "HOME": str(self.path), **environment})
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def install(self, *words):
        code, out, error = self.sagebrush("--install", *words)
        assert code == 0, out + error
        return out

    def uninstall(self):
        code, out, error = self.sagebrush("--uninstall")
        assert code == 0, out + error
        return out

    def answer(self, python, code, **environment):
        base = {"PATH": os.environ["PATH"], "HOME": str(self.path), **environment}
        return self.server.answer(code, python=python, env=base)

    def write(self, name, text, mode=0o600):
        path = self.path / ".aws" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def files(self):
        return {str(path.relative_to(self.path)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mode & 0o777)
                for path in sorted(self.path.rglob("*")) if path.is_file() and ".config" not in path.parts}

    def folders(self):
        return sorted(path.name for path in self.path.rglob("*") if path.is_dir() and ".config" not in path.parts)


@pytest.fixture
def home(server):
    return Home(server)


# The tutorial's first lines.
FIRST_LINES = textwrap.dedent("""
    import json, boto3, sagemaker
    session, role = sagemaker.Session(), sagemaker.get_execution_role()
    bucket = session.default_bucket()
    open("train.csv", "w").write("a,b\\n1,2\\n")
    uri = session.upload_data("train.csv", key_prefix="data")
    print("\\n" + json.dumps({"role": role, "bucket": bucket, "uri": uri, "read": boto3.client("s3").get_object(Bucket=bucket, Key="data/train.csv")["Body"].read().decode()}))
    """)


@pytest.mark.parametrize("client", ["sdk_v1", "sdk_v2"])
def test_the_first_lines_run_with_the_profile_alone(home, client):
    home.install()
    python = CLIENT_PYTHON if client == "sdk_v1" else python_of(client)
    answer = home.answer(python, FIRST_LINES, AWS_PROFILE="sagebrush")
    assert ":role/service-role/AmazonSageMaker-ExecutionRole-" in answer["role"]
    assert answer["bucket"] == "sagemaker-us-west-2-123456789012"
    assert answer["read"] == "a,b\n1,2\n"


def test_a_profile_called_default_needs_no_variable_at_all(home):
    home.install("--profile", "default")
    answer = home.answer(CLIENT_PYTHON, FIRST_LINES)
    assert answer["uri"] == "s3://sagemaker-us-west-2-123456789012/data/train.csv"


def test_the_credentials_renew_themselves(home):
    home.install()
    answer = home.answer(python_of("boto3"), textwrap.dedent("""
        import boto3, botocore.credentials, datetime, json
        session = boto3.Session(profile_name="sagebrush")
        sts, credentials = session.client("sts"), session.get_credentials()
        first = credentials.get_frozen_credentials().token
        arn = sts.get_caller_identity()["Arn"]
        later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=50)
        credentials._time_fetcher = lambda: later  # as if it ran for so long
        sts.get_caller_identity()
        print(json.dumps({"method": credentials.method, "arn": arn, "renewed": credentials.get_frozen_credentials().token != first}))
        """))
    assert answer["method"] == "custom-process" and answer["renewed"]
    assert answer["arn"].endswith("/SageMaker")


def test_the_process_speaks_awss_form_without_a_server(home, server):
    server.process.terminate()
    server.process.wait(30)
    code, out, _ = home.sagebrush("--credential-process")
    document = json.loads(out)
    assert code == 0 and document["Version"] == 1 and document["AccessKeyId"].startswith("ASIA") and document["SecretAccessKey"] and document["SessionToken"]
    left = datetime.datetime.fromisoformat(document["Expiration"]) - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(minutes=55) < left <= datetime.timedelta(hours=1, seconds=1)


CONFIG = "[default]\r\nregion = eu-west-1\n\n[profile work]\nrole_arn = arn:aws:iam::1:role/x   \nsource_profile=default"
ENDPOINTS = '{ "version": 3, "partitions": [ {"partition": "aws", "regions": {"us-west-2": {}}, "services": {"sts": {"endpoints": {"us-west-2": {"hostname": "mine"}}}}} ] }'


@pytest.mark.parametrize("profile", ["sagebrush", "default"])
def test_what_the_user_had_comes_back_byte_for_byte(home, profile):
    home.write("config", CONFIG, 0o640)
    home.write("credentials", "[work]\naws_access_key_id = AKIAMINE\n")
    home.write("models/endpoints.json", ENDPOINTS, 0o644)
    before = home.files()

    said = home.install("--profile", profile)
    between = home.files()
    assert between[".aws/config"] != before[".aws/config"] and between[".aws/models/endpoints.json"] != before[".aws/models/endpoints.json"]
    assert between[".aws/credentials"] == before[".aws/credentials"]
    assert between[".aws/sagebrush/config.before"][0] == before[".aws/config"][0]
    assert str(home.path / ".aws/sagebrush/config.before") in said and str(home.path / ".aws/models/endpoints.json") in said
    assert between[".aws/config"][1] == 0o640

    said = home.uninstall()
    assert home.files() == before
    assert "as it was before" in said
    assert home.uninstall() == "nothing is installed; nothing changed\n"


def test_where_nothing_was_nothing_stays(home):
    home.install()
    home.uninstall()
    assert home.files() == {} and home.folders() == []


def test_twice_is_once_and_another_name_takes_its_place(home):
    home.write("config", CONFIG)
    before = home.files()
    home.install()
    once = home.files()
    assert "nothing changed" in home.install()
    assert home.files() == once
    home.install("--profile", "other")
    text = (home.path / ".aws/config").read_text()
    assert "[profile other]" in text and "[profile sagebrush]" not in text
    home.uninstall()
    assert home.files() == before


def test_of_files_that_changed_since_only_ours_is_taken_out(home):
    home.write("config", CONFIG)
    home.install("--profile", "default")
    config = home.path / ".aws/config"
    config.write_text(config.read_text() + "[profile later]\nregion = x\n")
    said = home.uninstall()
    text = config.read_text()
    assert "changed since" in said and "credential_process" not in text and "sagebrush" not in text
    assert "[default]\nregion = eu-west-1" in text and "[profile later]\nregion = x\n" in text and "[profile work]" in text
    assert (home.path / ".aws/sagebrush/config.before").exists()


def test_a_link_to_the_file_stays_a_link(home):
    home.write("config", CONFIG)
    real = home.path / "dotfiles-config"
    (home.path / ".aws/config").rename(real)
    (home.path / ".aws/config").symlink_to(real)
    home.install()
    assert (home.path / ".aws/config").is_symlink() and "[profile sagebrush]" in real.read_text()
    home.uninstall()
    assert (home.path / ".aws/config").is_symlink() and real.read_bytes() == CONFIG.encode()


@pytest.mark.parametrize("file, text, words, needed", [
    ("config", "[profile sagebrush]\nregion = x\n", [], "has a profile sagebrush already; choose another name with --profile"),
    ("credentials", "[default]\naws_access_key_id = AKIAMINE\n", ["--profile", "default"], "has keys for the profile default"),
    ("config", "", ["--profile", "a b"], "a profile's name is letters"),
    ("models/endpoints.json", "{}", [], "no list of partitions"),
])
def test_what_would_hurt_the_user_is_refused_with_what_to_do(home, file, text, words, needed):
    home.write(file, text)
    before = home.files()
    code, _, error = home.sagebrush("--install", *words)
    assert code == 1 and needed in error, error
    assert home.files() == before


def test_of_other_profiles_only_sts_in_the_servers_region_comes_here_and_that_is_said(home):
    home.write("config", "[profile work]\nregion = us-west-2\n[profile away]\nregion = eu-west-1\n")
    assert "STS of us-west-2" in (said := home.install()) and "WHATEVER PROFILE" in said
    answer = home.answer(python_of("sdk_v2"), textwrap.dedent("""
        import boto3, json
        from sagemaker import utils
        def urls(profile):
            session = boto3.Session(profile_name=profile, aws_access_key_id="a", aws_secret_access_key="b")
            return {name: session.client(name).meta.endpoint_url for name in ("sts", "s3", "sagemaker")}
        print("\\n" + json.dumps({"work": urls("work"), "away": urls("away"), "sdk here": utils.sts_regional_endpoint("us-west-2"), "sdk away": utils.sts_regional_endpoint("eu-west-1")}))
        """))
    ours = "https" + home.server.address[4:]
    assert answer["work"] == {"sts": ours, "s3": "https://s3.us-west-2.amazonaws.com", "sagemaker": "https://api.sagemaker.us-west-2.amazonaws.com"}
    assert answer["away"]["sts"] == "https://sts.eu-west-1.amazonaws.com"
    assert answer["sdk here"] == ours and answer["sdk away"] == "https://sts.eu-west-1.amazonaws.com"
