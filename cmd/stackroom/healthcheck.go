package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// healthcheckCommand asks the server on this machine for its health.
type healthcheckCommand struct{}

// Run implements the command.
func (healthcheckCommand) Run(p *process) error {
	c, err := config.Load(p.environ)
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(c.ListenAddr())
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1" // a container need not know "localhost"
	}
	ctx, cancel := context.WithTimeout(p.ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/health", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return library.Errorf(library.Unavailable, "no server answers on port %s", port).WithCause(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return library.Errorf(library.Unavailable, "the server answers %s", res.Status)
	}
	_, err = fmt.Fprintln(p.stdout, "ok")
	return err
}
