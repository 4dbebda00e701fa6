package httpd

import (
	"io"
	"log/slog"
)

// ClientCredentials is for the fuzzer.
var ClientCredentials = clientCredentials

// OnLoopback is where this machine reaches a server.
var OnLoopback = onLoopback

// NewServerLog takes the lines of net/http's log.
func NewServerLog(logger *slog.Logger) io.Writer { return serverLog{logger} }
