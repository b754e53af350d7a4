package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/corpintel/corpintel/embedded"
)

// start starts a server under a supervisor and makes it the one to join. The caller holds the lock of base.
func (s *shared) start(ctx context.Context, base string) error {
	if err := s.sweep(ctx, base); err != nil {
		return err
	}
	run, err := os.MkdirTemp(base, "run.")
	if err != nil {
		return err
	}
	pipe := filepath.Join(run, aliveName)
	if err := errors.Join(s.account.Own(run), syscall.Mkfifo(pipe, 0o600), s.account.Own(pipe), s.use(run)); err != nil {
		return err
	}
	if _, err := s.cluster.Init(ctx); err != nil {
		return err
	}
	// The supervisor ends at once if it finds nobody at the other end of the pipe, as when this process is killed now.
	guard, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer guard.Close()
	if err := errors.Join(s.cluster.Configure(settings(s.flavour)), s.supervise(ctx)); err != nil {
		return err
	}
	if err := s.awaitServer(ctx); err != nil {
		return err
	}
	if err := errors.Join(s.cluster.CreateApplication(ctx), makeCurrent(base, run)); err != nil {
		return errors.Join(err, s.alive.Close())
	}
	return nil
}

// supervise starts the supervisor, which starts the server. It is nobody's child in effect: it has a session of its own
// and none of this process' files.
func (s *shared) supervise(ctx context.Context) error {
	script := filepath.Join(s.run, "supervise.sh")
	if err := errors.Join(os.WriteFile(script, []byte(supervisor), 0o600), s.account.Own(script)); err != nil {
		return err
	}
	cmd := s.cluster.ServerCommand(ctx)
	cmd.Path = "/bin/sh"
	cmd.Args = append([]string{"sh", script, s.run}, cmd.Args...)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the supervisor: %w", err)
	}
	go cmd.Wait() //nolint:errcheck // only so that it leaves no zombie; what went wrong stands in the server's log
	return nil
}

// awaitServer opens the pipe of a supervisor that has just been started and waits for the server.
func (s *shared) awaitServer(ctx context.Context) (err error) {
	for {
		if s.alive, err = s.register(ctx); err == nil {
			break
		}
		if pause(ctx) != nil {
			return serverError(s.run, err)
		}
	}
	for {
		if err = s.cluster.Ping(ctx); err == nil {
			return nil
		}
		if pause(ctx) != nil {
			return errors.Join(serverError(s.run, err), s.alive.Close())
		}
	}
}

// serverError adds the server's log to an error.
func serverError(run string, err error) error {
	log, _ := os.ReadFile(filepath.Join(run, "server.log")) // it may not be there yet
	return fmt.Errorf("test server in %s: %w\n%s", run, err, log)
}

// makeCurrent points the link in base at a run.
func makeCurrent(base, run string) error {
	link := filepath.Join(base, currentName)
	making := link + ".new"
	if err := os.Remove(making); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Symlink(run, making); err != nil {
		return err
	}
	return os.Rename(making, link)
}

// sweep removes what servers left behind whose supervisor is gone, after it has stopped them.
func (s *shared) sweep(ctx context.Context, base string) error {
	runs, err := filepath.Glob(filepath.Join(base, "run.*"))
	if err != nil {
		return err
	}
	for _, run := range runs {
		pipe, err := os.OpenFile(filepath.Join(run, aliveName), os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err == nil { // its supervisor reads: others use it
			if err := pipe.Close(); err != nil {
				return err
			}
			continue
		}
		if err := s.use(run); err != nil {
			return err
		}
		if err := errors.Join(s.cluster.StopOrphan(ctx, embedded.Immediate), os.RemoveAll(run)); err != nil {
			return fmt.Errorf("remove the test server in %s: %w", run, err)
		}
	}
	return nil
}
