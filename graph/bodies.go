package graph

import (
	"bytes"
	"encoding/json"

	"github.com/99designs/gqlgen/graphql"
)

// said returns what a whole body said the last time that it came, if it was kept: that of a client that
// asks for the same thing again, and has no variables to send. It was found to be valid and within bounds
// then, which depends on its bytes alone, and so is now.
func (d *documents) said(body []byte) (*graphql.RawParams, bool) {
	if len(body) > longestBody {
		return nil, false // nobody waits until it is hashed
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	element, ok := d.byBody[string(body)]
	if !ok {
		return nil, false
	}
	d.recent.MoveToFront(element)
	kept := element.Value.(*keptDocument)
	return &graphql.RawParams{Query: kept.text, OperationName: kept.operationName}, true
}

// remember keeps a body with its document, if that is kept, in place of the one before. It is called
// with what was run, and keeps only a body in which nothing but the document can be meant for us.
func (d *documents) remember(body []byte, params *graphql.RawParams) {
	if len(params.Variables) > 0 || len(body) > longestBody || !saysNothingElse(body) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	element, ok := d.byText[params.Query]
	if !ok {
		return
	}
	kept := element.Value.(*keptDocument)
	delete(d.byBody, kept.body)
	d.size += len(body) - len(kept.body)
	kept.body, kept.operationName = string(body), params.OperationName
	d.byBody[kept.body] = element
	d.bound()
}

// saysNothingElse reports whether a body that could be read has a document and perhaps the name of an
// operation in it, each once, and no value beside: what is not looked at may be a secret.
func saysNothingElse(body []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if _, err := decoder.Token(); err != nil {
		return false
	}
	seen := map[string]bool{}
	for decoder.More() {
		name, err := decoder.Token()
		key, ok := name.(string)
		if err != nil || !ok || seen[key] {
			return false
		}
		seen[key] = true
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return false
		}
		switch key {
		case "query", "operationName":
		case "variables", "extensions":
			if text := string(value); text != "{}" && text != "null" {
				return false
			}
		default:
			return false
		}
	}
	return true
}
