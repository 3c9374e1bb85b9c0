#include "daemon/api/importer.hpp"

#include <algorithm>
#include <utility>

#include "daemon/net/heap.hpp"

namespace tocsin::api {
namespace {

Imported busy_with(std::string message) {
  Imported out;
  out.outcome = Imported::Outcome::busy;
  out.message = std::move(message);
  return out;
}

}  // namespace

void Importer::take(Import what, Done done) {
  post(std::make_shared<const Import>(std::move(what)), done);
}

void Importer::post(const std::shared_ptr<const Import>& what, const Done& done) {
  if (!control_.post([this, what, done] { compile(what, done); }))
    done(busy_with("too many reloads wait already, or the daemon is stopping"));
}

void Importer::compile(const std::shared_ptr<const Import>& what, const Done& done) {
  auto before = engine_.settings();
  Loaded loaded = import_cis(*before, what->body, what->form);
  Imported out;
  if (!loaded.settings) {
    out.outcome = Imported::Outcome::wrong;
    out.errors = std::move(loaded.errors);
    return done(std::move(out));
  }
  out.diff = compare_imported(*before, *loaded.settings);
  if (what->dry_run) {
    out.outcome = Imported::Outcome::dry_run;
    return done(std::move(out));
  }
  // The last of the disk is for pages and acknowledgements. What changes nothing writes nothing.
  const bool changes = loaded.settings->hash != before->hash;
  if (const Engine::Health health = engine_.health(); changes && !health.accepting)
    return done(busy_with(health.why.empty() ? "the daemon is stopping" : health.why));
  ApplyConfig command{loaded.settings, "import by " + what->by, before->hash};
  const Offer offer = engine_.offer(
      std::move(command), [this, what, done, out = std::move(out), before = std::move(before)](
                              const Answer& answer, std::uint64_t seq) mutable {
        // A reload or another import came first: once more, on top of it.
        if (answer.code == Answer::Code::illegal_transition) return post(what, done);
        // The store takes nothing: what is not durable is not in force, and is not said to be.
        if (answer.code != Answer::Code::done && answer.code != Answer::Code::already)
          return done(busy_with(answer.message));
        out.seq = seq;
        changed_();  // also what is equal takes the place of what was
        // A large inventory takes a while to let go of: that is not for the thread that decides.
        const bool let_go = control_.post([this, before = std::move(before)]() mutable {
          const std::size_t bytes =
              std::max(before->text.held()->size(), engine_.settings()->text.held()->size());
          before.reset();
          give_back_heap(bytes);
        });
        static_cast<void>(let_go);  // else this one does
        done(std::move(out));
      });
  if (offer != Offer::taken) done(busy_with("the daemon is busy or stopping"));
}

}  // namespace tocsin::api
