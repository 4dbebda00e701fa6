.DEFAULT_GOAL := help
.PHONY: help run build test check fmt lint generate pages client

help: ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## run the server: SQLite in ./data, mail on the console
	go run .

build: ## build ./latchkey as it is shipped
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o latchkey .

test: ## run the tests (those on PostgreSQL only where it is installed)
	go test ./...

check: ## run everything that must hold before a merge
	.ci/run

fmt: ## format the code (needs golangci-lint)
	golangci-lint fmt

lint: ## lint the code (needs golangci-lint)
	golangci-lint run

generate: ## write graph/ anew after a change of schema.graphqls
	go generate ./...

pages: ## write web/account.js and web/admin.js anew after a change in web/account/src or web/admin/src (needs npm)
	cd web/account && npm ci && npm run check && npm run build

client: ## write clients/typescript/src/generated.ts and web/client.js anew after a change of the schema or of clients/typescript/src (needs npm)
	cd clients/typescript && npm ci && npm run generate && npm run build && npm run check
