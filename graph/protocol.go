package graph

import (
	"cmp"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// mediaType is the type of an answer.
type mediaType string

// The media types of the GraphQL-over-HTTP specification.
const (
	mediaResponse mediaType = "application/graphql-response+json"
	mediaJSON     mediaType = "application/json"
)

// mediaStream is the type of an answer to who accepts streams only. Errors of the protocol are JSON for them too.
const mediaStream mediaType = "stream"

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

	kindCodes[auth.SecondFactorRequired]: http.StatusForbidden,
	kindCodes[auth.RateLimited]:          http.StatusTooManyRequests,
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
	status  int // 0: that of a document which cannot be executed
	code    string
	message string
	header  [2]string // one more header; empty: none
}

func (e *protocolError) write(w http.ResponseWriter, media mediaType) {
	if e.header[0] != "" {
		w.Header().Set(e.header[0], e.header[1])
	}
	if media == mediaStream {
		media = mediaJSON
	}
	fault := &gqlerror.Error{Message: e.message, Extensions: map[string]any{"code": e.code}}
	writeAnswer(w, media, cmp.Or(e.status, media.requestErrorStatus()), &answer{Errors: gqlerror.List{fault}})
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
	if r.Method == http.MethodGet && asksForPersistedQuery([]byte(r.URL.Query().Get("extensions"))) && !r.URL.Query().Has("query") {
		return media, errPersistedQuery
	}
	if r.Method != http.MethodPost {
		err := refuse(http.StatusMethodNotAllowed, "GraphQL is answered to POST only.")
		err.header = [2]string{"Allow", http.MethodPost}
		return media, err
	}
	if !ok && acceptedStream(r) == nil {
		return media, refuse(http.StatusNotAcceptable, "The Accept header allows neither application/graphql-response+json nor application/json.")
	}
	if !ok {
		media = mediaStream
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
	if contentType == string(mediaJSON) { // as nearly all clients write it
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
