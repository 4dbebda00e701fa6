package httpd

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
)

// recoverPanic, when deferred, turns a panic into an answer of status 500, in GraphQL's form under
// /graphql and as a page elsewhere. If the answer had begun, the connection is cut, so that no client
// takes half of it for the whole.
//
// The log has the type of what was panicked with and where, not the value, which may quote a secret.
func (s *Server) recoverPanic(w *countingWriter, r *http.Request) {
	value := recover()
	if value == nil {
		return
	}
	if err, ok := value.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		// A handler that wants the connection cut, and no word about it.
		w.cut = true
		panic(http.ErrAbortHandler)
	}

	s.config.Logger.LogAttrs(r.Context(), slog.LevelError, "panic",
		slog.String("request_id", requestID(r)),
		slog.String("route", r.Pattern),
		slog.String("type", fmt.Sprintf("%T", value)),
		slog.String("stack", stack()),
	)
	if w.status != 0 {
		w.cut = true
		panic(http.ErrAbortHandler)
	}

	clear(w.Header()) // what was meant for another answer
	s.protect(w.Header(), r)
	if r.Pattern == "/graphql" {
		s.cors.HandlerFunc(w, r) // a page that may use the API may also read that it failed
		s.graphQLInternal(w, r)
		return
	}
	s.internalPage(w, r)
}

// graphQLInternal answers like the GraphQL handler does when a resolver fails.
func (s *Server) graphQLInternal(w http.ResponseWriter, r *http.Request) {
	s.graphQLError(w, r, http.StatusInternalServerError, "Something went wrong on our side. Try again; if it stays, tell us the request id.", "INTERNAL")
}

// graphQLError answers with one error, as the GraphQL handler does.
func (s *Server) graphQLError(w http.ResponseWriter, r *http.Request, status int, message, code string) {
	type graphQLError struct {
		Message    string            `json:"message"`
		Extensions map[string]string `json:"extensions"`
	}
	body, err := json.Marshal(map[string][]graphQLError{"errors": {{
		Message:    message,
		Extensions: map[string]string{"code": code, "requestId": requestID(r)},
	}}})
	if err != nil {
		s.internalPage(w, r)
		return
	}

	mediaType := "application/json"
	if accept := r.Header.Get("Accept"); strings.Contains(accept, "application/graphql-response+json") {
		mediaType = "application/graphql-response+json"
	}
	w.Header().Set("Content-Type", mediaType+"; charset=utf-8")
	w.WriteHeader(status)
	s.write(w, r, body)
}

// stack returns where the panic came from, a function and a line each, without the values of
// arguments that runtime/debug would print.
func stack() string {
	var callers [64]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers[:])])
	var lines strings.Builder
	for {
		frame, more := frames.Next()
		fmt.Fprintf(&lines, "%s %s:%d\n", frame.Function, frame.File, frame.Line)
		if !more {
			return lines.String()
		}
	}
}
