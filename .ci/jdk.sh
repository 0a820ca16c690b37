# Sourced by ./bpf4j and .ci/run: finds a JDK that can build and run this project.
# POSIX sh; starts no process, so that a look costs nothing.

# Whether the folder is a JDK of at least 25.0.3, the first release without a heap corruption
# (JDK-8377811). Its `release` file says so; running each java would take half a second a piece.
# Sets jdk_version to the full build number.
jdk_suits() {
  [ -n "$1" ] && [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  jdk_short= jdk_version=
  while IFS='=' read -r jdk_key jdk_value; do
    jdk_value=${jdk_value#\"}
    jdk_value=${jdk_value%\"}
    case $jdk_key in
      JAVA_VERSION) jdk_short=$jdk_value ;;
      JAVA_RUNTIME_VERSION) jdk_version=$jdk_value ;;
    esac
  done < "$1/release"
  [ -n "$jdk_version" ] || jdk_version=$jdk_short
  jdk_short=${jdk_short%%[!0-9.]*}
  jdk_major=${jdk_short%%.*}
  jdk_rest=${jdk_short#"$jdk_major"}.0.0
  jdk_rest=${jdk_rest#.}
  jdk_minor=${jdk_rest%%.*}
  jdk_rest=${jdk_rest#"$jdk_minor"}
  jdk_rest=${jdk_rest#.}
  jdk_patch=${jdk_rest%%.*}
  case $jdk_major$jdk_minor$jdk_patch in
    '' | *[!0-9]*) return 1 ;;
  esac
  [ "$jdk_major" -gt 25 ] && return 0
  [ "$jdk_major" -eq 25 ] || return 1
  [ "$jdk_minor" -gt 0 ] || [ "$jdk_patch" -ge 3 ]
}

# Sets jdk to the first that suits: JAVA_HOME, the one behind `java` on the PATH, then the usual
# folders of Linux distributions, macOS, Homebrew, SDKMAN, Gradle and IDEs.
find_jdk() {
  set -- \
    /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /usr/local/java/* /opt/java/* /opt/jdk* /opt/*/jdk* \
    "${SDKMAN_CANDIDATES_DIR:-${HOME:-}/.sdkman/candidates}"/java/* \
    "${HOME:-}"/.jdks/* "${HOME:-}"/.gradle/jdks/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "${HOME:-}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home
  jdk=${JAVA_HOME:-}
  jdk_suits "$jdk" && return 0
  jdk_path=$PATH:
  while [ -n "$jdk_path" ]; do
    jdk_dir=${jdk_path%%:*}
    jdk_path=${jdk_path#*:}
    if [ -x "$jdk_dir/java" ]; then
      if [ -r "$jdk_dir/../release" ]; then
        jdk=${jdk_dir%/bin}
      else
        jdk_behind "$jdk_dir/java" "$@" || continue
      fi
      jdk_suits "$jdk" && return 0
    fi
  done
  for jdk; do
    jdk_suits "$jdk" && return 0
  done
  jdk=
  return 1
}

# Sets jdk to the one whose java a link on the PATH means: one of the given folders, which takes no
# process to see, or wherever the link leads.
jdk_behind() {
  jdk_link=$1
  shift
  for jdk; do
    [ "$jdk_link" -ef "$jdk/bin/java" ] && return 0
  done
  jdk=$(readlink -f "$jdk_link" 2> /dev/null) || return 1
  jdk=${jdk%/bin/java}
}

no_jdk="needs a JDK 25.0.3 or newer: none in JAVA_HOME, on the PATH, in the usual JVM folders or SDKMAN"
