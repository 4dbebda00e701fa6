#!/usr/bin/env bash
# Writes built/: what browsers get of GraphiQL and React, at the versions of package-lock.json and as
# they are in the packages, compressed once and for all. It needs npm, and nothing of it is needed to
# build Latchkey. To go to another version: change package.json, run "npm install --package-lock-only",
# then this, then the browser tests, and commit what changed.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp package.json package-lock.json .npmrc "$work"
(cd "$work" && npm ci)

rm -rf built
mkdir built
# Without a name and a time in it, so that the same content gives the same file.
compress() { gzip -9 -n -c "$work/node_modules/$1" >"$here/built/$2.gz"; }
compress react/umd/react.production.min.js react.js
compress react-dom/umd/react-dom.production.min.js react-dom.js
compress graphiql/graphiql.min.js graphiql.js
compress graphiql/graphiql.min.css graphiql.css
