"""まなびの環: the application's one factory, which knows every part."""

from flask import Blueprint, Flask
from sqlalchemy.pool import NullPool

from matching.config import ROOT, Settings

MEGABYTE = 1024 * 1024

# Its statements are short: to compile one (jit) takes longer than to run it.
POSTGRESQL = {"hide_parameters": True, "pool_pre_ping": True, "connect_args": {"options": "-c jit=off"}}
# Connections are cheap, and a pool would only queue threads.
SQLITE = {"hide_parameters": True, "poolclass": NullPool}


def create_app(settings: Settings | None = None) -> Flask:
    """The application for these settings (by default: the environment's)."""
    from matching import cli, web  # noqa: PLC0415
    from matching.kernel import audit  # noqa: F401, PLC0415 – its tables belong to every installation
    from matching.kernel.db import db  # noqa: PLC0415
    from matching.kernel.extensions import csrf, limiter, login_manager, migrate  # noqa: PLC0415
    from matching.municipality import city  # noqa: PLC0415

    settings = settings or Settings.from_environment()
    app = Flask(
        __name__,
        instance_path=str(settings.instance_path),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    app.config.from_mapping(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=POSTGRESQL if settings.database_url.startswith("postgresql") else SQLITE,
        SESSION_COOKIE_NAME="__Host-manabi" if settings.https else "manabi",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=2 * MEGABYTE,
        MAX_FORM_MEMORY_SIZE=MEGABYTE,
        MAX_FORM_PARTS=2000,
        TRUSTED_HOSTS=web.trusted_hosts(settings),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_I18N_ENABLED=False,
    )
    app.extensions["settings"] = settings
    app.extensions["municipality"] = city.load(city.KUMAMOTO)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    csrf.init_app(app)
    limiter.init_app(app)
    login_manager.init_app(app)
    web.join(app, settings)
    for blueprint in _blueprints():
        app.register_blueprint(blueprint)
    web.check_access(app)
    cli.join(app)
    return app


def _blueprints() -> list[Blueprint]:
    from matching.accounts import views as accounts  # noqa: PLC0415
    from matching.api import views as api  # noqa: PLC0415
    from matching.desk import views as desk  # noqa: PLC0415
    from matching.indicators import views as indicators  # noqa: PLC0415
    from matching.indicators import views_equity, views_gap, views_review, views_survey  # noqa: F401, PLC0415
    from matching.matcher import views as matcher  # noqa: PLC0415
    from matching.matcher import views_alternates  # noqa: F401, PLC0415
    from matching.matches import views as matches  # noqa: PLC0415
    from matching.matches import views_changes  # noqa: F401, PLC0415
    from matching.matches import views_drills as drills  # noqa: PLC0415
    from matching.matches import views_safety as safety  # noqa: PLC0415
    from matching.ops import views as ops  # noqa: PLC0415
    from matching.organisations import views as organisations  # noqa: PLC0415
    from matching.organisations import views_members  # noqa: F401, PLC0415
    from matching.organisations import views_operators as operators  # noqa: PLC0415
    from matching.registry import programmes  # noqa: PLC0415
    from matching.registry import views as registry  # noqa: PLC0415
    from matching.registry.views_renewal import links as renewal  # noqa: PLC0415
    from matching.requests import views as requests  # noqa: PLC0415
    from matching.requests import views_calendar  # noqa: F401, PLC0415 – its routes are the requests'
    from matching.words import views as words  # noqa: PLC0415

    rooms = (
        desk,
        accounts,
        organisations,
        operators,
        words,
        registry,
        programmes,
        requests,
        matches,
        drills,
        safety,
        matcher,
        indicators,
        api,
        ops,
    )
    return [*(room.blueprint for room in rooms), renewal]
