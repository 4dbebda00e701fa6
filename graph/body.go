package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"unicode/utf8"
)

const (
	// maxBody is the size of the largest request in bytes: room for ten mutations with a profile of the
	// greatest size in each, and for the longest document.
	maxBody = 256 << 10
	// smallBody is up to which size a body gets its memory before it has come, in bytes.
	smallBody = 4 << 10
)

// request is what a body holds. Variables are read when it is known which of them the operation declares.
type request struct {
	query         string
	operationName string
	variables     json.RawMessage // an object or null; empty: none
}

// readBody returns the body of a request. It reads to the end, and not only as much as was announced: over
// HTTP/2 the end may come by itself, and a client that is answered before it has its stream reset.
func readBody(w http.ResponseWriter, r *http.Request) (body []byte, fault *protocolError) {
	var err error
	if r.ContentLength > 0 && r.ContentLength <= smallBody {
		whole := make([]byte, r.ContentLength+1)
		body = whole[:r.ContentLength]
		if _, err = io.ReadFull(r.Body, body); err == nil {
			switch _, err = io.ReadFull(r.Body, whole[len(body):]); {
			case err == nil:
				return nil, refuse(http.StatusBadRequest, "The request is longer than its Content-Length.")
			case errors.Is(err, io.EOF):
				err = nil
			}
		}
	} else {
		body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	}
	if err == nil {
		return body, nil
	}
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return nil, refuse(http.StatusRequestEntityTooLarge, "The request is too large: at most "+strconv.Itoa(maxBody>>10)+" KiB.")
	}
	return nil, refuse(http.StatusBadRequest, "The request ended before its body was complete.")
}

// parseBody reads what a body says, without its variables. Its errors never repeat any of it.
func parseBody(body []byte) (*request, *protocolError) {
	switch {
	case !utf8.Valid(body):
		return nil, refuse(http.StatusBadRequest, "The request is not valid UTF-8.")
	case hasLoneSurrogate(body):
		return nil, refuse(http.StatusBadRequest, "The request has a \\u escape of half a character.")
	}

	var raw struct {
		Query         *string         `json:"query"`
		OperationName string          `json:"operationName"`
		Variables     json.RawMessage `json:"variables"`
		Extensions    json.RawMessage `json:"extensions"`
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&raw); err != nil {
		return nil, refuse(http.StatusBadRequest, decodeFault(body, err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, refuse(http.StatusBadRequest, "The request has something after its JSON object.")
	}
	if !isObjectOrNull(raw.Variables) || !isObjectOrNull(raw.Extensions) {
		return nil, refuse(http.StatusBadRequest, messageBodyShape)
	}
	if raw.Query == nil || *raw.Query == "" {
		if asksForPersistedQuery(raw.Extensions) {
			return nil, errPersistedQuery
		}
		if raw.Query == nil {
			return nil, refuse(http.StatusBadRequest, "The request has no query.")
		}
	}
	return &request{query: *raw.Query, operationName: raw.OperationName, variables: raw.Variables}, nil
}

// isObjectOrNull looks at the first byte of valid JSON, or at none.
func isObjectOrNull(raw json.RawMessage) bool {
	return len(raw) == 0 || raw[0] == '{' || raw[0] == 'n'
}

// errPersistedQuery answers a client that sends the hash of a query in place of the query: Apollo's and urql's
// libraries know this message and this code, and send the query from then on.
var errPersistedQuery = &protocolError{code: "PERSISTED_QUERY_NOT_SUPPORTED", message: "PersistedQueryNotSupported"}

// asksForPersistedQuery reports whether the extensions of a request name a query by its hash.
func asksForPersistedQuery(extensions []byte) bool {
	var asked struct {
		PersistedQuery json.RawMessage `json:"persistedQuery"`
	}
	return json.Unmarshal(extensions, &asked) == nil && len(asked.PersistedQuery) > 0 && asked.PersistedQuery[0] == '{'
}

const messageBodyShape = `The request must be a JSON object with the string "query" and, if you like, the string "operationName" and the objects "variables" and "extensions".`

// decodeFault says what is wrong with a body, in words of ours.
func decodeFault(body []byte, err error) string {
	var mismatch *json.UnmarshalTypeError
	switch {
	case bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")):
		return "The request is an array: send one operation at a time."
	case errors.As(err, &mismatch) && mismatch.Field == "":
		return "The request is not a JSON object."
	case errors.As(err, &mismatch):
		return messageBodyShape
	default:
		return "The request is not valid JSON."
	}
}
