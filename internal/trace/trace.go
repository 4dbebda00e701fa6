// Package trace sends spans by OpenTelemetry, over OTLP/HTTP, of what the server does: requests, the
// operations in them, statements, password hashes and mails. Without the variables that ask for it
// there is no Tracer, and nothing here runs.
//
// Spans leave for another machine and are read by many. Like a log they hold names and codes of the
// program, and never a value: no address, no token, no text of a statement or a document, nothing of
// a URL but its route, and nothing that a client chose but the id of its own trace.
package trace

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	api "go.opentelemetry.io/otel/trace"
)

// flushFor is how long Close waits for the collector to take what is left.
const flushFor = 2 * time.Second

// Wanted reports whether the variables of OpenTelemetry ask for traces: an endpoint, unless
// OTEL_SDK_DISABLED is true or OTEL_TRACES_EXPORTER none. A warning says why something else that they
// ask for is not done; empty: there is nothing to say.
func Wanted(getenv func(string) string) (wanted bool, warning string) {
	if getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" ||
		strings.EqualFold(strings.TrimSpace(getenv("OTEL_SDK_DISABLED")), "true") {
		return false, ""
	}
	switch exporter := getenv("OTEL_TRACES_EXPORTER"); exporter {
	case "", "otlp":
	case "none":
		return false, ""
	default:
		return false, "no traces are sent: OTEL_TRACES_EXPORTER is neither otlp nor none, and there is no other exporter here"
	}
	protocol := getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
	if protocol == "" {
		protocol = getenv("OTEL_EXPORTER_OTLP_PROTOCOL")
	}
	if protocol != "" && protocol != "http/protobuf" {
		return false, "no traces are sent: the OTLP protocol asked for is not http/protobuf, which is the only one here; collectors have it on port 4318"
	}
	return true, ""
}

// Tracer makes spans and sends them. It is an observer of the parts of the program, and safe for
// concurrent use. Making a span never waits: what the collector does not take in time is dropped.
type Tracer struct {
	provider *sdk.TracerProvider
	spans    api.Tracer
}

// New returns a Tracer as the process's OTEL_ variables describe it: the endpoint and its headers, the
// sampler, the name of the service (latchkey unless they say otherwise), the sizes of queues. It does
// not connect yet. Close ends it.
func New(ctx context.Context, version string, logger *slog.Logger) (*Tracer, error) {
	// What OpenTelemetry logs by itself may quote a header with a key in it.
	otel.SetLogger(logr.Discard())
	otel.SetErrorHandler(newErrorHandler(logger, time.Now))

	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("traces: %s", withoutURLs(err))
	}
	about, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "latchkey"), attribute.String("service.version", version)),
		resource.WithTelemetrySDK(),
		resource.WithFromEnv(), // last, so that it wins
	)
	if err != nil {
		logger.Warn("traces: OTEL_RESOURCE_ATTRIBUTES cannot be read in full: give it as name=value,name=value")
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(about))
	return &Tracer{provider: provider, spans: provider.Tracer("github.com/latchkey-auth/latchkey", api.WithInstrumentationVersion(version))}, nil
}

// Close sends what is left, for at most 2 s, even when ctx has ended.
func (t *Tracer) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushFor)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("traces: send the last: %s", withoutURLs(err))
	}
	return nil
}
