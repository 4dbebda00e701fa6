package cli

import (
	"fmt"
	"net"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/config"
)

// greet says on a terminal that the server runs, with where to go next. Elsewhere the log says it, and
// only the address of the inbox (empty: there is none) is printed: there is a key in it, which is nothing for a log.
func greet(f terminal, cfg *config.Config, addr net.Addr, inbox, version string) {
	if !f.interactive {
		if inbox != "" {
			_, _ = fmt.Fprintf(f.w, "Inbox: %s\n", inbox)
		}
		return
	}

	_, _ = fmt.Fprintf(f.w, "\n  %s %s\n\n", f.paint(bold, "Latchkey "+version), modeInWords(f, cfg))
	f.table(summary(cfg, app.PublicURL(cfg), addr, inbox))
	if dangers := dangers(cfg, addr); len(dangers) > 0 {
		_, _ = fmt.Fprintf(f.w, "\n  %s\n", f.paint(yellow, "Development mode is for you alone:"))
		for _, danger := range dangers {
			_, _ = fmt.Fprintf(f.w, "  - %s\n", danger)
		}
	}
	_, _ = fmt.Fprintf(f.w, "\n  %s\n\n", f.paint(faint, "Ctrl-C stops. latchkey doctor looks for what is wrong, latchkey --help has the rest."))
}

func modeInWords(f terminal, cfg *config.Config) string {
	if cfg.Mode == config.Production {
		return f.paint(green, "production")
	}
	return f.paint(yellow, string(cfg.Mode))
}

// summary is what is running, and where.
func summary(cfg *config.Config, public string, addr net.Addr, inbox string) []row {
	rows := []row{{"Front door", public + "/", cyan}}
	if cfg.Playground {
		rows = append(rows, row{"Playground", public + "/playground", cyan})
	}
	if inbox != "" {
		rows = append(rows, row{"Inbox", inbox, cyan})
	}
	rows = append(rows,
		row{"GraphQL", public + "/graphql", cyan},
		row{"Health", public + "/healthz, " + public + "/readyz", ""},
		row{"Listens on", addr.String(), ""},
		row{"Database", app.DescribeDatabase(cfg), ""},
		row{"Mail", app.DescribeMail(cfg), ""},
	)
	if cfg.MetricsAddr != "" {
		rows = append(rows, row{"Metrics", "http://" + cfg.MetricsAddr + "/metrics", ""})
	}
	return rows
}

// dangers are what development mode does that a server for others must not do.
func dangers(cfg *config.Config, addr net.Addr) []string {
	if cfg.Mode != config.Development {
		return nil
	}
	dangers := []string{"Who uses this machine can read every mail, and so log in as anybody."}
	if cfg.LocalhostOrigins {
		dangers = append(dangers, "Pages of every port on localhost may use the API.")
	}
	if cfg.Introspection {
		dangers = append(dangers, "The whole schema is open.")
	}
	if tcp, ok := addr.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		dangers = append(dangers, "Others in the network reach this server: LATCHKEY_ADDR says so.")
	}
	return append(dangers, "For others, set LATCHKEY_ENV=production.")
}
