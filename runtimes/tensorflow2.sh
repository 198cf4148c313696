# SPDX-License-Identifier: Apache-2.0
#
# What the recipes of TensorFlow 2.x share: sourced after common.sh and interpreter.sh. The recipe's
# folder holds bootstrap.lock, requirements.lock (tensorflow-cpu and what a script expects beside it)
# and, where Keras 3 is the default, keras2.lock (tf-keras, the Keras 2 of TF_USE_LEGACY_KERAS=1).

# tensorflow2 VERSION CPYTHON SHA256
tensorflow2() {
  local version=$1 series
  series=$(echo "$2" | cut -d. -f1,2)
  interpreter "$2" "$3"
  stand_in "$series" _lzma
  bootstrap "$recipe_dir/bootstrap.lock"
  fetch_locked "$python" "$recipe_dir/requirements.lock" 16 50
  [ ! -f "$recipe_dir/keras2.lock" ] || fetch_locked "$python" "$recipe_dir/keras2.lock" 50 52
  progress 52 "installing TensorFlow $version and what it needs"
  install_locked "$python" "$recipe_dir/requirements.lock"
  [ ! -f "$recipe_dir/keras2.lock" ] || install_locked "$python" "$recipe_dir/keras2.lock"
  lend_sqlite "$series"
  tensorflow_is_here "$series" "$version"
  # Programs that pip made name the folder they were made in: `python -m` is the way that moves.
  find "$making/bin" -type f ! -name "python$series" -delete
  compile "$series"
  progress 92 "trying it"
  # Keras makes a folder for its settings when it is imported, by default in the home folder.
  KERAS_HOME=$downloads/keras "$python" -W ignore -c \
    'import tensorflow, keras, pandas, sklearn, PIL, boto3, sqlite3; sqlite3.connect(":memory:").execute("select 1")' \
    > "$downloads/try.log" 2>&1 || {
    tail -n 5 "$downloads/try.log" >&2
    fail "TensorFlow $version was installed but does not load on this machine (it needs a CPU with AVX and glibc 2.17 or newer)"
  }
  finish
}

# Packages that need TensorFlow ask for `tensorflow`, whose wheel carries 400 MB for graphics cards.
# What is installed is the same code as `tensorflow-cpu`; pip is told that it is there.
tensorflow_is_here() {
  local info=$making/lib/python$1/site-packages/tensorflow-$2.dist-info
  mkdir "$info"
  printf 'Metadata-Version: 2.1\nName: tensorflow\nVersion: %s\nSummary: Stands for tensorflow-cpu %s, which is what is installed.\n' \
    "$2" "$2" > "$info/METADATA"
  printf 'sagebrush\n' > "$info/INSTALLER"
  : > "$info/RECORD"
}
