// The programs that write code, with what they need: none of it is part of the product.
//
// gqlgen has to be at the version of the main module, whose code it writes.
module github.com/latchkey-auth/latchkey/internal/tools

go 1.26.0

tool github.com/99designs/gqlgen

require github.com/99designs/gqlgen v0.17.95 // indirect

require (
	github.com/agnivade/levenshtein v1.2.1 // indirect
	github.com/goccy/go-yaml v1.19.2 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/sosodev/duration v1.4.0 // indirect
	github.com/urfave/cli/v3 v3.11.0 // indirect
	github.com/vektah/gqlparser/v2 v2.5.37 // indirect
	golang.org/x/mod v0.41.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	golang.org/x/tools v0.51.0 // indirect
)
