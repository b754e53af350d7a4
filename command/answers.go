package command

import (
	"context"
	"log/slog"

	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/web"
	"github.com/corpintel/corpintel/web/answers"
)

// keepAnswers returns where a server keeps answers, nil where it keeps none. With Redis it shares those that are dear with the
// other servers of the database, if it can tell what it follows.
func (s *server) keepAnswers(ctx context.Context) *answers.Cache {
	if s.answerBytes == 0 {
		return nil
	}
	o := answers.Options{Bytes: s.answerBytes, Fresh: s.events.Fresh, Now: s.now, Point: s.events.Point}
	if s.redis != nil {
		o.Redis, o.Format = s.redis, web.AnswerFormat()
	}
	kept := answers.New(o)
	s.events.Subscribe(kept.Apply)
	s.learn(ctx, kept, o.Redis)
	return kept
}

// learn tells answers that are kept what was changed before the server was started. Where that cannot be known, what others have
// made since is used.
func (s *server) learn(ctx context.Context, kept *answers.Cache, shared *cache.Cache) {
	if shared == nil {
		return
	}
	if s.events.Point().Source == "" {
		s.logger.WarnContext(ctx, "answers are not shared with other servers: that takes a connection to the database without a "+
			"pooler, and a role that may see pg_control_system()")
		return
	}
	history, err := s.events.History(ctx)
	if err != nil {
		s.logger.WarnContext(ctx, "answers that other servers have made before now are not used", slog.Any("error", err))
		return
	}
	kept.Learn(history)
}
