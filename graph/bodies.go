package graph

import (
	"bytes"
	"encoding/json"
)

// lookupBody returns what was read from the same body before, if it was kept: a client that sends the same
// query again, without variables, has it read once. The body was valid and within bounds then, which depends
// on its bytes alone.
func (d *documents) lookupBody(body []byte) (*request, bool) {
	if len(body) > longestBody {
		return nil, false // hashing it would keep all others waiting
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	element, ok := d.byBody[string(body)]
	if !ok {
		return nil, false
	}
	d.recent.MoveToFront(element)
	kept := element.Value.(*keptDocument)
	return &request{query: kept.text, operationName: kept.operationName}, true
}

// rememberBody keeps a body with its document, if that is kept, in place of the one before. It is called
// with what was run, and keeps only a body that holds nothing but the document.
func (d *documents) rememberBody(body []byte, req *request) {
	if len(body) > longestBody || !isOnlyQuery(body) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	element, ok := d.byText[req.query]
	if !ok {
		return
	}
	kept := element.Value.(*keptDocument)
	delete(d.byBody, kept.body)
	d.size += len(body) - len(kept.body)
	kept.body, kept.operationName = string(body), req.operationName
	d.byBody[kept.body] = element
	d.bound()
}

// isOnlyQuery reports whether a body that could be read holds a document and perhaps the name of an
// operation, each once, and no other value: what is not looked at may be a secret.
func isOnlyQuery(body []byte) bool {
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
