package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/latchkey-auth/latchkey/internal/config"
)

const publicURLName = "Public URL"

// checkPublicURL asks the public URL who is there, as any client would: through its name, its proxy and
// its certificate.
func checkPublicURL(ctx context.Context, cfg *config.Config) []finding {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	return askPublicURL(ctx, client, cfg)
}

func askPublicURL(ctx context.Context, client *http.Client, cfg *config.Config) []finding {
	public := strings.TrimSuffix(cfg.PublicURL.String(), "/")
	answer, err := get(ctx, client, cfg.PublicURL.JoinPath(".well-known/oauth-authorization-server"))
	if err != nil {
		found := finding{
			failure, publicURLName, public + " does not answer: " + reasonOf(err),
			"Start the server. If it runs, look at the name, the firewall, the proxy and its certificate.",
		}
		if cfg.Mode == config.Development {
			found.verdict = warning // it need not run yet
		}
		return []finding{found}
	}

	var findings []finding
	if !answer.expires.IsZero() && time.Until(answer.expires) < renewBefore {
		findings = append(findings, finding{warning, publicURLName, "its certificate runs out on " + answer.expires.UTC().Format(time.DateOnly), "Renew it where TLS ends."})
	}
	var metadata struct{ Issuer string }
	switch err := json.Unmarshal(answer.body, &metadata); {
	case answer.code >= http.StatusMultipleChoices && answer.code < http.StatusBadRequest:
		return append(findings, finding{
			failure, publicURLName, public + " leads somewhere else (status " + answer.status + ")",
			"Set LATCHKEY_PUBLIC_URL to the address at which it does not.",
		})
	case answer.code != http.StatusOK || err != nil || metadata.Issuer == "":
		return append(findings, finding{
			failure, publicURLName, "it is not Latchkey that answers at " + public + " (status " + answer.status + ")",
			"Look at the proxy: all paths have to lead to this server.",
		})
	case metadata.Issuer != public:
		return append(findings, finding{
			failure, publicURLName, "another Latchkey answers at " + public + ": its public URL differs",
			"Set LATCHKEY_PUBLIC_URL alike on all replicas, and restart them.",
		})
	}
	return append(findings, aboutReadiness(ctx, client, cfg, public))
}

// aboutReadiness says whether the server behind the public URL takes requests.
func aboutReadiness(ctx context.Context, client *http.Client, cfg *config.Config, public string) finding {
	switch answer, err := get(ctx, client, cfg.PublicURL.JoinPath("readyz")); {
	case err != nil:
		return finding{failure, publicURLName, public + " stopped answering: " + reasonOf(err), "Look at the server's log."}
	case answer.code != http.StatusOK:
		return finding{failure, publicURLName, public + " answers, and says that it is not ready", "Look at its database, and at its log."}
	}
	return finding{fine, publicURLName, public + " answers, as this server", ""}
}

// reply is the answer to a request.
type reply struct {
	code    int
	status  string
	body    []byte
	expires time.Time // the certificate; zero: there is none
}

// get returns an answer, of whose body it takes a little only.
func get(ctx context.Context, client *http.Client, u *url.URL) (*reply, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	const most = 64 << 10 // bytes
	body, err := io.ReadAll(io.LimitReader(response.Body, most))
	if err != nil {
		return nil, err
	}
	r := &reply{code: response.StatusCode, status: response.Status, body: body}
	if response.TLS != nil && len(response.TLS.PeerCertificates) > 0 {
		r.expires = response.TLS.PeerCertificates[0].NotAfter
	}
	return r, nil
}

// reasonOf is why a request failed, without the request.
func reasonOf(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("it took longer than %v", checkTimeout)
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err
	}
	return err.Error()
}
