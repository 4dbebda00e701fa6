package trace

import (
	"context"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	api "go.opentelemetry.io/otel/trace"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// RequestBegun is an observer of HTTP requests. Each begins a trace of its own, which our sampler
// decides on: a stranger must not choose what we keep. The trace that the client says it is part of
// (traceparent) is linked to it, and nothing else of it is taken over. Health checks have no trace.
func (t *Tracer) RequestBegun(ctx context.Context, r *http.Request) (context.Context, func(route string, status int)) {
	if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
		return ctx, func(string, int) {}
	}
	method := knownMethod(r.Method)
	options := []api.SpanStartOption{
		api.WithNewRoot(), api.WithSpanKind(api.SpanKindServer),
		api.WithAttributes(attribute.String("http.request.method", method), attribute.String("latchkey.request_id", auth.RequestFrom(ctx).ID)),
	}
	if link, ok := linked(r.Header.Get("traceparent")); ok {
		options = append(options, api.WithLinks(link))
	}
	ctx, span := t.spans.Start(ctx, method, options...)
	return ctx, func(route string, status int) {
		if route != "" {
			span.SetName(method + " " + route)
			span.SetAttributes(attribute.String("http.route", route))
		}
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status == 0 || status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// linked returns a link to the trace of a client.
func linked(traceparent string) (api.Link, bool) {
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": traceparent})
	theirs := api.SpanContextFromContext(ctx)
	return api.Link{SpanContext: theirs}, theirs.IsValid()
}

// knownMethod returns the method, or HTTP for one that can be any word.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "HTTP"
	}
}

// OperationBegun is an observer of GraphQL operations.
func (t *Tracer) OperationBegun(ctx context.Context) (context.Context, func(kind string, fields, outcome []string)) {
	ctx, span := t.spans.Start(ctx, "graphql")
	return ctx, func(kind string, fields, outcome []string) {
		if len(fields) == 0 {
			kind, fields = "graphql", []string{"invalid"}
		}
		span.SetName(kind + " " + strings.Join(fields, ","))
		span.SetAttributes(attribute.String("graphql.operation.type", kind), attribute.StringSlice("graphql.root_fields", fields), attribute.StringSlice("latchkey.outcome", outcome))
		for _, code := range outcome {
			if code == "INTERNAL" {
				span.SetStatus(codes.Error, "")
			}
		}
		span.End()
	}
}

// MailBegun is an observer of mail. Each attempt is a trace of its own: the request that owes the mail
// has been answered by then.
func (t *Tracer) MailBegun(ctx context.Context, job auth.Job) (context.Context, func(outcome string)) {
	ctx, span := t.spans.Start(ctx, "mail "+string(job), api.WithSpanKind(api.SpanKindConsumer),
		api.WithAttributes(attribute.String("latchkey.errand", string(job))))
	return ctx, func(outcome string) {
		span.SetAttributes(attribute.String("latchkey.outcome", outcome))
		if outcome == "retried" || outcome == "given_up" {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// Hashed is an observer of password hashes.
func (t *Tracer) Hashed(ctx context.Context, work secret.HashWork) {
	if !traced(ctx) {
		return
	}
	_, span := t.spans.Start(ctx, "password hash", api.WithTimestamp(work.Asked),
		api.WithAttributes(attribute.Float64("latchkey.waited_ms", float64(work.Waited)/float64(time.Millisecond))))
	if work.Err != nil {
		span.SetStatus(codes.Error, "")
	}
	span.End(api.WithTimestamp(work.Asked.Add(work.Waited + work.Worked)))
}

// Statement notes a statement to the database that is over, by its verb and the table that it is about,
// if one is known. The system is postgres or sqlite. Statements that are part of nothing, such as the
// look for mail each second, are left out.
func (t *Tracer) Statement(ctx context.Context, system, verb, table string, begun time.Time, failed bool) {
	if !traced(ctx) {
		return
	}
	if system == "postgres" {
		system = "postgresql" // as the semantic conventions call it
	}
	name, attributes := verb, []attribute.KeyValue{attribute.String("db.system.name", system), attribute.String("db.operation.name", verb)}
	if table != "" {
		name += " " + table
		attributes = append(attributes, attribute.String("db.collection.name", table))
	}
	_, span := t.spans.Start(ctx, name, api.WithTimestamp(begun), api.WithSpanKind(api.SpanKindClient), api.WithAttributes(attributes...))
	if failed {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// traced reports whether ctx is part of a trace that is kept.
func traced(ctx context.Context) bool { return api.SpanFromContext(ctx).IsRecording() }
