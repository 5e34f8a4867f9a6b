from django.contrib import admin
from django.urls import path
from documents import views

urlpatterns = [
    path("", views.home, name="home"),
    path("documents/", views.create, name="create"),
    path("documents/<int:pk>/", views.detail, name="detail"),
    path("documents/<int:pk>/file/", views.download, name="download"),
    path("healthz", views.healthz),
    path("admin/", admin.site.urls),
]
