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

# What their authors ask to be passed on, of every package: most of them are inside graphiql.js.
(
	cd "$work/node_modules"
	find . -name package.json -path './*' -not -path '*/node_modules/*/node_modules/*' |
		grep -E '^\./(@[^/]+/)?[^/]+/package\.json$' | LC_ALL=C sort | while read -r file; do
		node -p 'const p = require(process.argv[1]); `== ${p.name} ${p.version} (${p.license})\n`' "$PWD/$file"
		find "$(dirname "$file")" -maxdepth 1 -iname 'licen[cs]e*' -type f | LC_ALL=C sort | head -n 1 | while read -r text; do
			tr -d '\r' <"$text"
			echo
		done
	done
	cat <<'END'
== The fonts in graphiql.css

Roboto: Copyright 2011 Google Inc., under the Apache License, Version 2.0 (https://www.apache.org/licenses/LICENSE-2.0).
Fira Code: Copyright (c) 2014, The Fira Code Project Authors, under the SIL Open Font License, Version 1.1 (https://openfontlicense.org).
END
) | gzip -9 -n >"$here/built/licenses.txt.gz"
