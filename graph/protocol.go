package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// maxBody is the size of the largest request in bytes. It leaves room for values that are far too
// long, so that they get an error of their own with a path.
const maxBody = 2 << 20

// mediaType is the type of an answer.
type mediaType string

// The media types of the GraphQL-over-HTTP specification.
const (
	mediaResponse mediaType = "application/graphql-response+json"
	mediaJSON     mediaType = "application/json"
)

// requestErrorStatus is the status of an answer to a document or variables that cannot be executed.
// With application/json a client could not tell a 4xx of ours from one of something in between, so
// the specification asks for 200 there.
func (m mediaType) requestErrorStatus() int {
	if m == mediaResponse {
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// refusals are the statuses of what was refused as a whole, by the codes of all its errors.
var refusals = map[string]int{
	kindCodes[auth.Unauthenticated]:   http.StatusUnauthorized,
	kindCodes[auth.Forbidden]:         http.StatusForbidden,
	kindCodes[auth.EmailNotConfirmed]: http.StatusForbidden,
	kindCodes[auth.NotFresh]:          http.StatusForbidden,
	kindCodes[auth.RateLimited]:       http.StatusTooManyRequests,
}

// refuseWhole returns the status of an answer. If each of its root fields was refused, for want of a
// session, say, nothing was executed: under the newer type that is an error of the request, which has a
// status of its own and no data (GraphQL over HTTP, section 6.4.2). Several reasons are a 403.
func (m mediaType) refuseWhole(a *answer) int {
	var fields map[string]json.RawMessage
	if m != mediaResponse || len(a.Errors) == 0 || json.Unmarshal(a.Data, &fields) != nil || len(fields) != len(a.Errors) {
		return http.StatusOK
	}
	for _, value := range fields {
		if string(value) != "null" {
			return http.StatusOK
		}
	}
	status := 0
	for _, err := range a.Errors {
		code, _ := err.Extensions["code"].(string)
		reason := refusals[code]
		switch {
		case reason == 0 || len(err.Path) != 1:
			return http.StatusOK
		case status != 0 && status != reason:
			reason = http.StatusForbidden
		}
		status = reason
	}
	a.Data = nil
	return status
}

// protocolError is a request that is not GraphQL over HTTP.
type protocolError struct {
	status  int
	code    string
	message string
	header  [2]string // one more header; empty: none
}

func (e *protocolError) write(w http.ResponseWriter, media mediaType) {
	if e.header[0] != "" {
		w.Header().Set(e.header[0], e.header[1])
	}
	fault := &gqlerror.Error{Message: e.message, Extensions: map[string]any{"code": e.code}}
	writeAnswer(w, media, e.status, &answer{Errors: gqlerror.List{fault}})
}

func refuse(status int, message string) *protocolError {
	return &protocolError{status: status, code: codeBadInput, message: message}
}

// checkOrigin refuses a request that comes from a page which may not send it.
func (h *handler) checkOrigin(r *http.Request) *protocolError {
	if h.options.CheckOrigin == nil {
		return nil
	}
	if err := h.options.CheckOrigin(r); err != nil {
		return &protocolError{status: http.StatusForbidden, code: kindCodes[auth.Forbidden], message: err.Error()}
	}
	return nil
}

// negotiate checks the method and the headers, and chooses the type of the answer.
func negotiate(r *http.Request) (mediaType, *protocolError) {
	media, ok := accepted(r.Header.Values("Accept"))
	if r.Method != http.MethodPost {
		err := refuse(http.StatusMethodNotAllowed, "GraphQL is answered to POST only.")
		err.header = [2]string{"Allow", http.MethodPost}
		return media, err
	}
	if !ok {
		return media, refuse(http.StatusNotAcceptable, "The Accept header allows neither application/graphql-response+json nor application/json.")
	}

	if !isJSON(r.Header.Get("Content-Type")) {
		return media, refuse(http.StatusUnsupportedMediaType, "Send the request as application/json in UTF-8, and say so in the Content-Type header.")
	}
	if r.Header.Get("Content-Encoding") != "" {
		return media, refuse(http.StatusUnsupportedMediaType, "Send the request without a Content-Encoding.")
	}
	return media, nil
}

// isJSON reports whether a Content-Type is that of JSON in UTF-8.
func isJSON(contentType string) bool {
	if contentType == string(mediaJSON) { // as nearly everybody writes it
		return true
	}
	content, params, err := mime.ParseMediaType(contentType)
	charset := params["charset"]
	return err == nil && content == string(mediaJSON) && (charset == "" || strings.EqualFold(charset, "utf-8"))
}

// accepted chooses between the two types: the one with the higher quality, the newer one if both
// are named alike, and application/json for clients that do not say.
func accepted(headers []string) (media mediaType, ok bool) {
	if len(headers) == 0 {
		return mediaJSON, true
	}
	var quality, best float64
	media = mediaJSON
	for part := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		quality = 1
		if q, found := params["q"]; found {
			if quality, err = strconv.ParseFloat(q, 64); err != nil {
				continue
			}
		}
		candidate := mediaJSON
		switch name {
		case string(mediaResponse):
			candidate = mediaResponse
		case string(mediaJSON), "application/*", "*/*":
		default:
			continue
		}
		if quality > best || quality == best && quality > 0 && candidate == mediaResponse {
			media, best = candidate, quality
		}
	}
	return media, best > 0
}

// smallBody is up to which size a body gets its memory before it has come.
const smallBody = 4 << 10 // bytes

// readBody returns the body of a request. It reads to the end, and not only as much as was announced: over
// HTTP/2 the end may come by itself, and who is answered before it has the stream reset.
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
		return nil, refuse(http.StatusRequestEntityTooLarge, "The request is too large: at most "+strconv.Itoa(maxBody>>20)+" MiB.")
	}
	return nil, refuse(http.StatusBadRequest, "The request ended before its body was complete.")
}

// readParams reads what a body says. Its errors never repeat any of it.
func readParams(body []byte) (*graphql.RawParams, *protocolError) {
	switch {
	case !utf8.Valid(body):
		return nil, refuse(http.StatusBadRequest, "The request is not valid UTF-8.")
	case hasLoneSurrogate(body):
		return nil, refuse(http.StatusBadRequest, "The request has a \\u escape of half a character.")
	}

	var raw struct {
		Query         *string        `json:"query"`
		OperationName string         `json:"operationName"`
		Variables     map[string]any `json:"variables"`
		Extensions    map[string]any `json:"extensions"`
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&raw); err != nil {
		return nil, refuse(http.StatusBadRequest, decodeFault(body, err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, refuse(http.StatusBadRequest, "The request has something after its JSON object.")
	}
	if raw.Query == nil {
		return nil, refuse(http.StatusBadRequest, "The request has no query.")
	}
	return &graphql.RawParams{Query: *raw.Query, OperationName: raw.OperationName, Variables: raw.Variables}, nil
}

// decodeFault says what is wrong with a body, in words of ours.
func decodeFault(body []byte, err error) string {
	var mismatch *json.UnmarshalTypeError
	switch {
	case bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")):
		return "The request is an array: send one operation at a time."
	case errors.As(err, &mismatch) && mismatch.Field == "":
		return "The request is not a JSON object."
	case errors.As(err, &mismatch):
		return `The request must be a JSON object with the string "query" and, if you like, the string "operationName" and the objects "variables" and "extensions".`
	default:
		return "The request is not valid JSON."
	}
}
