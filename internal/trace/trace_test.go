package trace_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/trace"
)

func TestWanted(t *testing.T) {
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	for _, c := range []struct {
		env    map[string]string
		wanted bool
		warned bool
	}{
		{nil, false, false},
		{map[string]string{endpoint: "http://collector:4318"}, true, false},
		{map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, true, false},
		{map[string]string{endpoint: "http://collector:4318", "OTEL_SDK_DISABLED": "True"}, false, false},
		{map[string]string{endpoint: "http://collector:4318", "OTEL_SDK_DISABLED": "false"}, true, false},
		{map[string]string{endpoint: "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"}, false, false},
		{map[string]string{endpoint: "http://collector:4318", "OTEL_TRACES_EXPORTER": "zipkin"}, false, true},
		{map[string]string{endpoint: "http://collector:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, true, false},
		{map[string]string{endpoint: "http://collector:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, false, true},
		{map[string]string{endpoint: "http://collector:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"}, true, false},
		{map[string]string{"OTEL_SERVICE_NAME": "login", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://collector:4318"}, false, false},
	} {
		wanted, warning := trace.Wanted(func(name string) string { return c.env[name] })
		if wanted != c.wanted || (warning != "") != c.warned {
			t.Errorf("%v: wanted %v, warning %q", c.env, wanted, warning)
		}
	}
}

func TestComplaints(t *testing.T) {
	var log bytes.Buffer
	now := time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)
	c := trace.NewErrorHandler(slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now })
	failure := errors.New(`Post "https://me:key@collector.example/v1?apikey=key": no such host`)
	for range 5 {
		c.Handle(fmt.Errorf("traces export: %w", failure))
	}
	if lines := strings.Count(log.String(), "\n"); lines != 1 {
		t.Errorf("five failures at once are logged in %d lines", lines)
	}
	if text := log.String(); strings.Contains(text, "key") || !strings.Contains(text, "no such host") {
		t.Errorf("the log is %s", text)
	}
	now = now.Add(time.Minute)
	c.Handle(failure)
	if lines := strings.Count(log.String(), "\n"); lines != 2 {
		t.Errorf("a minute later there are %d lines", lines)
	}
}
