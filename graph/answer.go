package graph

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// answer is the body of an answer. An error of the request as a whole has no data entry at all; an
// executed operation always has one.
type answer struct {
	Errors gqlerror.List   `json:"errors,omitempty"`
	Data   json.RawMessage `json:"data,omitempty"`
}

// The headers of answers, which are shared by all of them and never written to.
var (
	contentTypes = map[mediaType][]string{
		mediaResponse: {string(mediaResponse) + "; charset=utf-8"},
		mediaJSON:     {string(mediaJSON) + "; charset=utf-8"},
	}
	notStored = []string{"no-store"}
)

// reply writes the answer to who takes no JSON as a stream, and to all others as it is.
func reply(w http.ResponseWriter, r *http.Request, media mediaType, status int, a *answer) {
	if media == mediaStream {
		writeStream(w, acceptedStream(r), a)
		return
	}
	writeAnswer(w, media, status, a)
}

func writeAnswer(w http.ResponseWriter, media mediaType, status int, a *answer) {
	body := a.encode()
	header := w.Header()
	header["Content-Type"] = contentTypes[media]
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	header["Cache-Control"] = notStored
	w.WriteHeader(status)
	_, _ = w.Write(body) // it fails when the client has gone, and then no one is there to tell
}

// encode returns the answer as JSON. What gqlgen has written is JSON already: it is read and copied once
// more only where there is something in it that encoding/json would not leave as it is.
func (a *answer) encode() []byte {
	if len(a.Errors) == 0 && len(a.Data) > 0 && isSettled(a.Data) {
		const begin, end = `{"data":`, `}`
		body := make([]byte, 0, len(begin)+len(a.Data)+len(end))
		body = append(body, begin...)
		body = append(body, a.Data...)
		return append(body, end...)
	}
	body, err := json.Marshal(a)
	if err != nil {
		panic(fmt.Errorf("encode answer: %w", err))
	}
	return body
}

// isSettled reports whether encoding/json would copy this JSON as it is: it has no space between its values,
// nothing that HTML could take for its own, and neither of the two characters (nor their neighbours, for
// simplicity) that JavaScript once took for the end of a line.
func isSettled(data []byte) bool {
	quoted := false
	for i := 0; i < len(data); i++ {
		c := data[i]
		if !telling[c] {
			continue
		}
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\\':
			i++
		case c > ' ' || !quoted:
			return false
		}
	}
	return true
}

// telling are the bytes that isSettled looks at.
var telling = [256]bool{
	'"': true, '\\': true, '<': true, '>': true, '&': true, 0xE2: true,
	' ': true, '\n': true, '\r': true, '\t': true,
}

// setRetryAfter repeats the longest retryAfterSeconds of the errors as a header.
func setRetryAfter(w http.ResponseWriter, list gqlerror.List) {
	longest := 0
	for _, err := range list {
		if seconds, ok := err.Extensions["retryAfterSeconds"].(int); ok {
			longest = max(longest, seconds)
		}
	}
	if longest > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(longest))
	}
}
