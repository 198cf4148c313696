# SPDX-License-Identifier: Apache-2.0
"""Script mode: starts the user's training script as SageMaker's framework containers do.

    /opt/sagebrush/runtime/bin/python /opt/sagebrush/kit/train.py

The agent has unpacked the user's code to /opt/ml/code and written /opt/ml/input/config. This process becomes the
user's script (exec), so signals, exit codes and tracebacks are the script's own. It imports only json, os and sys.
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from training_environment import TrainingEnvironment  # noqa: E402: the kit's folder is no installed package


class LaunchError(Exception):
    """A mistake of the user's, told in one sentence."""


def unpack_local_code(submit_directory, code_dir):
    """Under network isolation the SDKs hand the code over as a channel: the submit directory is then a file here.
    Whether it was."""
    if not submit_directory.startswith("/") or not os.path.isfile(submit_directory):
        return False
    import tarfile  # only here: most jobs do not need it

    with tarfile.open(submit_directory) as archive:
        for member in archive.getmembers():
            if member.name.startswith("/") or ".." in member.name.split("/") or not (member.isfile() or member.isdir()):
                raise LaunchError("the code archive %s holds %r, which is no plain file below it" % (submit_directory, member.name))
        archive.extractall(code_dir)
    return True


def install_requirements(code_dir):
    """For code that the agent has not unpacked: it installs what it finds in code of its own unpacking before we start."""
    if not os.path.exists(os.path.join(code_dir, "requirements.txt")):
        return
    import subprocess  # only here: most jobs do not need it

    command = [sys.executable, "-m", "pip", "install", "--user", "--no-warn-script-location", "-r", "requirements.txt"]
    done = subprocess.run(command, cwd=code_dir, env=dict(os.environ, PIP_RETRIES="0"))
    if done.returncode != 0:
        raise LaunchError(
            "InstallRequirementsError: pip ended with exit code %d (its output is in the log). This job has no network: put "
            "wheels into the source directory and begin requirements.txt with \"--no-index --find-links .\"" % done.returncode
        )


def check_entry_point(name):
    """A plain path below the code folder: it becomes part of a command, and must not lead elsewhere."""
    if not name:
        raise LaunchError(
            "no entry point: set the hyperparameter 'sagemaker_program' to the script to run, relative to your "
            "source directory, for example \"train.py\""
        )
    if name.startswith(("-", "/")) or any(part in ("", ".", "..") for part in name.split("/")):
        raise LaunchError("the entry point %r must be a plain path inside your source directory" % name)


def build_command(code_dir, entry_point, arguments):
    """A shell script, a package (the folder has setup.py) or a Python script, told apart as AWS's toolkit does."""
    check_entry_point(entry_point)
    path = os.path.join(code_dir, entry_point)
    is_package = os.path.exists(os.path.join(code_dir, "setup.py")) and not entry_point.endswith(".sh")
    module = entry_point[:-3] if entry_point.endswith(".py") else entry_point
    found = os.path.exists(path) or (is_package and os.path.exists(os.path.join(code_dir, module.replace(".", "/"))))
    if not found:
        try:
            names = ", ".join(sorted(os.listdir(code_dir))[:20]) or "nothing"
        except OSError:
            names = "nothing"
        raise LaunchError(
            "cannot find the entry point %r in %s, which holds: %s. Does source_dir hold it, and was the code uploaded?"
            % (entry_point, code_dir, names)
        )
    if is_package:
        return [sys.executable, "-m", module.replace("/", ".")] + arguments
    if entry_point.endswith(".py"):
        return [sys.executable, entry_point] + arguments
    return ["/bin/sh", entry_point] + arguments if entry_point.endswith(".sh") else [path] + arguments


def announce(command, environment, variables):
    """The lines that AWS's toolkit prints before the script's own, which people and tests look for in the log."""
    pairs = "\n".join("%s=%s" % item for item in variables.items())
    summary = json.dumps(json.loads(variables["SM_TRAINING_ENV"]), indent=4)
    print(
        "INFO     Invoking user script\n\nTraining Env:\n\n%s\n\nEnvironment variables:\n\n%s\n\n"
        "Invoking script with the following command:\n\n%s\n\n" % (summary, pairs, " ".join(command)),
        flush=True,
    )


def fail(environment, message):
    text = "ClientError: " + message
    print(text, file=sys.stderr, flush=True)
    try:
        os.makedirs(environment.output_dir, exist_ok=True)
        with open(os.path.join(environment.output_dir, "failure"), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        print("cannot write the failure file: %s" % error, file=sys.stderr, flush=True)
    return 1


def leave_note(command):
    """Tells the agent what is being started, for the failure's text."""
    path = os.environ.pop("SAGEBRUSH_COMMAND_FILE", "")
    if not path:
        return
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(" ".join(command))
    except OSError:
        pass  # the failure's text is a little poorer then


def make_user_site():
    """Where the script's own `pip install` puts packages: a folder that is not there when Python starts is not looked into."""
    import site

    if site.ENABLE_USER_SITE and os.environ.get("PYTHONUSERBASE"):
        try:
            os.makedirs(site.getusersitepackages(), exist_ok=True)
        except OSError:
            pass  # pip will say so, if it is asked


def main():
    environment = TrainingEnvironment(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"), sys.argv[1:])
    try:
        if unpack_local_code(str(environment.settings.get("sagemaker_submit_directory") or ""), environment.code_dir):
            install_requirements(environment.code_dir)
        command = build_command(environment.code_dir, environment.entry_point, environment.arguments)
    except LaunchError as error:
        return fail(environment, str(error))
    variables = environment.variables()
    announce(command, environment, variables)
    leave_note(command)
    make_user_site()
    os.environ.update(variables)
    python_path = [environment.code_dir] + [p for p in (os.environ.get("PYTHONPATH"),) if p]
    os.environ["PYTHONPATH"] = os.pathsep.join(python_path)
    os.chdir(environment.code_dir)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        return fail(environment, "cannot start %s: %s" % (command[0], error))


if __name__ == "__main__":
    sys.exit(main())
