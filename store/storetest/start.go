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

// startShared starts a server under a supervisor and makes it the one to join. The caller holds the lock of base.
func startShared(ctx context.Context, programs embedded.Programs, account embedded.Account, base string) (*shared, error) {
	if err := sweep(ctx, programs, account, base); err != nil {
		return nil, err
	}
	run, err := os.MkdirTemp(base, "run.")
	if err != nil {
		return nil, err
	}
	pipe := filepath.Join(run, aliveName)
	if err := errors.Join(account.Own(run), syscall.Mkfifo(pipe, 0o600), account.Own(pipe)); err != nil {
		return nil, err
	}
	cluster, err := embedded.NewCluster(programs, account, dataFolder(run))
	if err != nil {
		return nil, err
	}
	if err := errors.Join(cluster.Init(ctx), cluster.Configure(settings())); err != nil {
		return nil, err
	}
	if err := supervise(ctx, cluster, account, run); err != nil {
		return nil, err
	}
	alive, err := awaitServer(ctx, cluster, run)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(cluster.CreateApplication(ctx), makeCurrent(base, run)); err != nil {
		return nil, errors.Join(err, alive.Close())
	}
	return &shared{cluster: cluster, run: run, alive: alive}, nil
}

// supervise starts the supervisor, which starts the server. It is nobody's child in effect: it has a session of its own
// and none of this process' files.
func supervise(ctx context.Context, cluster *embedded.Cluster, account embedded.Account, run string) error {
	server := cluster.ServerCommand(ctx)
	server.Path = "/bin/sh"
	server.Args = append([]string{"sh", "-c", supervisor, "corpintel-test", run}, server.Args...)
	server.SysProcAttr = account.Attributes()
	if err := server.Start(); err != nil {
		return fmt.Errorf("start the supervisor: %w", err)
	}
	go server.Wait() //nolint:errcheck // only so that it leaves no zombie; what went wrong stands in the server's log
	return nil
}

// awaitServer opens the pipe of a supervisor that has just been started and waits for the server.
func awaitServer(ctx context.Context, cluster *embedded.Cluster, run string) (*os.File, error) {
	var alive *os.File
	for {
		var err error
		if alive, err = register(ctx, run); err == nil {
			break
		}
		if err := pause(ctx); err != nil {
			return nil, serverError(run, err)
		}
	}
	for {
		err := cluster.Ping(ctx)
		if err == nil {
			return alive, nil
		}
		if pauseErr := pause(ctx); pauseErr != nil {
			return nil, errors.Join(serverError(run, err), alive.Close())
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
func sweep(ctx context.Context, programs embedded.Programs, account embedded.Account, base string) error {
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
		cluster, err := embedded.NewCluster(programs, account, dataFolder(run))
		if err != nil {
			return err
		}
		if err := errors.Join(cluster.StopOrphan(ctx, embedded.Immediate), os.RemoveAll(run)); err != nil {
			return fmt.Errorf("remove the test server in %s: %w", run, err)
		}
	}
	return nil
}
