package graph

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

const (
	streamBeat    = 12 * time.Second // how often a stream that has nothing to tell says that it is there
	streamPatient = 10 * time.Second // how long a client may take to read what it is sent
)

// streamFormat is how a stream of answers is written.
type streamFormat struct {
	contentType string
	begin, beat string
	next        func(answer []byte) string
	complete    string
}

// The formats of streams. Each is complete with what was sent of it so far, so that a client need not wait for more.
var (
	// eventStream is graphql-sse in its mode of distinct connections.
	eventStream = &streamFormat{
		contentType: "text/event-stream",
		begin:       ":\n\n",
		beat:        ":\n\n",
		next:        func(answer []byte) string { return "event: next\ndata: " + string(answer) + "\n\n" },
		complete:    "event: complete\ndata: \n\n",
	}
	// multipartStream is Apollo's subscriptions over multipart HTTP, version 1.0.
	multipartStream = &streamFormat{
		contentType: `multipart/mixed;boundary="graphql";subscriptionSpec="1.0"`,
		begin:       "--graphql",
		beat:        multipartPart("{}"),
		next:        func(answer []byte) string { return multipartPart(`{"payload":` + string(answer) + "}") },
		complete:    "--\r\n",
	}
)

func multipartPart(body string) string {
	return "\r\nContent-Type: application/json\r\n\r\n" + body + "\r\n--graphql"
}

// acceptedStream returns the first format of streams that a request accepts; nil: none.
func acceptedStream(r *http.Request) *streamFormat {
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		name, params, err := mime.ParseMediaType(part)
		if err != nil || isZero(params["q"]) {
			continue
		}
		switch {
		case name == "text/event-stream":
			return eventStream
		case name == "multipart/mixed" && (params["subscriptionspec"] == "" || params["subscriptionspec"] == "1.0"):
			return multipartStream
		}
	}
	return nil
}

// isZero reports whether a quality says that a type is not wanted.
func isZero(quality string) bool { return quality != "" && strings.Trim(quality, "0.") == "" }

var errStreamNotAccepted = refuse(http.StatusNotAcceptable, "A subscription is answered as a stream: accept text/event-stream or multipart/mixed.")

// checkSubscription refuses a subscription to anything but one field that is open.
func (h *handler) checkSubscription(operation *graphql.OperationContext) *gqlerror.Error {
	fields := graphql.CollectFields(operation, operation.Operation.SelectionSet, []string{h.schema.Subscription.Name})
	if len(fields) != 1 || strings.HasPrefix(fields[0].Name, "__") {
		return badInput("A subscription must ask for exactly one field.")
	}
	if reason := h.refused.of(fields[0]); reason != nil {
		return presentKnown(reason, ast.Path{ast.PathName(fields[0].Alias)})
	}
	return nil
}

// serveStream answers a subscription for as long as it, the client and the server last.
func (h *handler) serveStream(ctx context.Context, w http.ResponseWriter, format *streamFormat, operation *graphql.OperationContext, state *requestState, seen *watched) {
	lasting := h.options.Lasting
	if lasting == nil {
		lasting = context.WithCancel
	}
	ctx, cancel := lasting(ctx)
	defer cancel()
	if err := h.checkSubscription(operation); err != nil {
		seen.codes = codesOf(nil, gqlerror.List{err})
		writeStream(w, format, &answer{Errors: gqlerror.List{err}})
		return
	}
	responses, ctx := h.exec.DispatchOperation(ctx, operation)
	// What the resolver said is known at once, and whatever comes later has another request's time.
	first, over := await(ctx, responses, 0)
	seen.codes = nil
	if first != nil {
		seen.codes = codesOf(nil, first.Errors)
		setRetryAfter(w, first.Errors)
	}
	seen.end()
	state.writeHeaders(w.Header(), h.options.Cookies)

	s := beginStream(w, format)
	for response := first; !over && s.err == nil; response, over = await(ctx, responses, streamBeat) {
		if response == nil {
			s.send(format.beat)
			continue
		}
		s.send(format.next((&answer{Errors: response.Errors, Data: response.Data}).encode()))
	}
	s.send(format.complete)
}

// await returns the next response. None, unless it is over, if there is none within a time.
func await(ctx context.Context, responses graphql.ResponseHandler, patience time.Duration) (response *graphql.Response, over bool) {
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	response = responses(waiting)
	return response, response == nil && (ctx.Err() != nil || waiting.Err() == nil)
}

// writeStream writes one answer as a stream of its own.
func writeStream(w http.ResponseWriter, format *streamFormat, a *answer) {
	s := beginStream(w, format)
	s.send(format.next(a.encode()) + format.complete)
}

// stream is an answer that goes on.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	err     error // of the first write that failed: the client has gone
}

// beginStream writes the head of a stream.
func beginStream(w http.ResponseWriter, format *streamFormat) *stream {
	header := w.Header()
	header["Content-Type"] = []string{format.contentType}
	header["Cache-Control"] = notStored
	header["X-Accel-Buffering"] = []string{"no"} // proxies that keep answers until they are whole would keep it for ever
	s := &stream{w: w, control: http.NewResponseController(w)}
	// The request has been read, and what is read now is whether the client is still there. Not every writer has
	// deadlines; those of a server do.
	_ = s.control.SetReadDeadline(time.Time{})
	s.send(format.begin)
	return s
}

// send writes text at once, unless a write has failed.
func (s *stream) send(text string) {
	if s.err != nil {
		return
	}
	_ = s.control.SetWriteDeadline(time.Now().Add(streamPatient))
	if _, s.err = fmt.Fprint(s.w, text); s.err == nil {
		s.err = s.control.Flush()
	}
}
